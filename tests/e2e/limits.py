# SPDX-License-Identifier: Apache-2.0
"""Too much, too deep, twice: a clear 4xx each, and the service goes on."""
import base64
import socket
import urllib.parse

from support import cases
from support.assay import Case, http_request
from support.attestation import Client

MIB = 1024 * 1024


class Limits(Case):
    def setUp(self):
        super().setUp()
        self.vm = self.start_vm()
        self.service = self.start_service(self.vm.ready["trust"])
        self.client = Client(self, self.vm, self.service.ready["url"])

    def assert_refused(self, status, answer, *words):
        self.assertEqual(status, answer.status, answer)
        error = answer.json["error"]
        self.assertEqual(status, error["code"])
        for word in words:
            self.assertIn(word, error["message"])
        self.assertEqual(200, http_request("GET", self.client.url + "/healthz").status)

    def verify(self, body):
        """For a challenge that exists, so that the body alone is at fault."""
        return self.client.verify(self.client.challenge(), body)

    def large(self, size):
        """A JSON object of exactly `size` bytes."""
        frame = '{"attester":""}'
        return '{"attester":"' + "x" * (size - len(frame)) + '"}'

    def test_verify_over_8_mib(self):
        self.assert_refused(413, self.verify(self.large(8 * MIB + 1)), "8388608")

    def test_verify_of_8_mib_is_read(self):
        self.assert_refused(400, self.verify(self.large(8 * MIB)), "tpmAttestation: missing")

    def test_any_other_request_over_64_kib(self):
        url = f"{self.client.url}/v1/{self.client.location}/challenges"
        self.assert_refused(413, http_request("POST", url, self.large(64 * 1024 + 1), self.client.headers), "65536")
        self.assertEqual(200, http_request("POST", url, self.large(64 * 1024), self.client.headers).status)

    def test_over_8_mib_without_saying_so(self):
        """Chunked: the limit holds for what is read, not for what is announced."""
        challenge = self.client.challenge()
        address = urllib.parse.urlsplit(self.client.url)
        head = (f"POST /v1/{challenge['name']}:verifyAttestation HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: {self.client.headers['Authorization']}\r\nTransfer-Encoding: chunked\r\n\r\n")
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(head.encode())
            piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
            try:
                for _ in range(8 * 16 + 1):
                    connection.sendall(piece)
            except OSError:
                pass  # it answered before it had it all
            self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 413"))
        self.assertEqual(200, http_request("GET", self.client.url + "/healthz").status)

    def test_nine_quotes(self):
        challenge = self.client.challenge()
        body = self.client.evidence(challenge)
        body["tpmAttestation"]["quotes"] = (body["tpmAttestation"]["quotes"] * 9)[:9]
        self.assert_refused(400, self.client.verify(challenge, body), "quotes: 9 quotes, at most 8")

    def test_event_log_over_4_mib(self):
        challenge = self.client.challenge()
        body = self.client.evidence(challenge)
        body["tpmAttestation"]["tcgEventLog"] = base64.b64encode(b"\0" * (4 * MIB + 1)).decode()
        self.assert_refused(400, self.client.verify(challenge, body), "tcgEventLog", "at most 4194304")

    def test_json_deeper_than_32(self):
        self.assert_refused(400, self.verify('{"a":' + "[" * 32 + "]" * 32 + "}"), "nested deeper than 32")
        answer = self.verify('{"a":' + "[" * 31 + "]" * 31 + "}")
        self.assertEqual(400, answer.status, answer)
        self.assertNotIn(b"nested", answer.body)

    def test_duplicate_key(self):
        self.assert_refused(400, self.verify('{"tokenOptions":{},"tokenOptions":{}}'), "tokenOptions", "twice")

    def test_evidence_that_this_version_does_not_know(self):
        challenge = self.client.challenge()
        good = self.client.evidence(challenge)
        for name in ("armCcaAttestation", "nvidiaAttestation", "sevSnpAttestation", "tdCcel"):
            with self.subTest(name):
                self.assert_refused(400, self.client.verify(challenge, {**good, name: {}}), name)
        tpm = {**good["tpmAttestation"], "imaEventLog": "AAAA"}
        self.assert_refused(400, self.client.verify(challenge, {**good, "tpmAttestation": tpm}),
                            "tpmAttestation.imaEventLog: unknown member")
        # The challenge is still good, and so is the evidence without it.
        self.assertEqual(200, self.client.verify(challenge, {**good, "attester": "a", "instance": "i"}).status)

    def test_what_is_not_json(self):
        for body in (b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":1}x', b'{"a":"\\ud800"}', b"{'a':1}"):
            with self.subTest(body):
                self.assert_refused(400, self.verify(body), "body")

    def test_a_bad_request_does_not_use_up_the_challenge(self):
        challenge = self.client.challenge()
        self.assert_refused(400, self.client.verify(challenge, "{"))
        answer = self.client.verify(challenge, self.client.evidence(challenge))
        self.assertEqual(200, answer.status, answer)

    def test_callers_without_or_with_wrong_tokens(self):
        url = f"{self.client.url}/v1/{self.client.location}/challenges"
        for headers in ({}, {"Authorization": "Bearer garbage"}, {"Authorization": "Bearer "},
                        {"Authorization": "Basic dXNlcjpwYXNz"}):
            with self.subTest(headers):
                answer = http_request("POST", url, "{}", headers)
                self.assert_refused(401, answer)
                self.assertIn("Bearer", answer.headers["WWW-Authenticate"])

    def test_another_project_is_forbidden(self):
        url = f"{self.client.url}/v1/projects/not-mine/locations/{self.vm.ready['region']}/challenges"
        self.assert_refused(403, http_request("POST", url, "{}", self.client.headers),
                            "confidentialcomputing.challenges.create")

    def test_unknown_paths_and_methods(self):
        self.assert_refused(404, http_request("GET", self.client.url + "/v2/nothing"))
        answer = http_request("DELETE", f"{self.client.url}/v1/{self.client.location}/challenges", None,
                              self.client.headers)
        self.assertIn(answer.status, (404, 405))

    def test_head_is_what_get_would_say_without_saying_it(self):
        location = f"{self.client.url}/v1/{self.client.location}"
        project = location.rsplit("/locations/", 1)[0]
        challenge = f"{self.client.url}/v1/{self.client.challenge()['name']}"
        for url, status in ((self.client.url + "/healthz", 200),
                            (self.client.url + "/.well-known/openid-configuration", 200),
                            (self.client.url + "/.well-known/jwks", 200),
                            (project + "/locations", 200), (location, 200),
                            (location + "/challenges", 405), (challenge + ":verifyAttestation", 405),
                            (self.client.url + "/v2/nothing", 404)):
            with self.subTest(url):
                got, head = (http_request(method, url, None, self.client.headers) for method in ("GET", "HEAD"))
                self.assertEqual(status, got.status, got)
                self.assertEqual((status, b""), (head.status, head.body))
                for name in ("Content-Length", "Content-Type", "Allow", "Cache-Control"):
                    self.assertEqual(got.headers[name], head.headers[name], name)

    def test_a_tampered_log_is_rejected_and_the_challenge_used(self):
        challenge = self.client.challenge()
        body = self.client.evidence(challenge)
        good = body["tpmAttestation"]["tcgEventLog"]
        log = bytearray(base64.b64decode(good))
        log[-1] ^= 1
        body["tpmAttestation"]["tcgEventLog"] = base64.b64encode(log).decode()
        self.assert_refused(400, self.client.verify(challenge, body), "attestation rejected: eventlog.")
        body["tpmAttestation"]["tcgEventLog"] = good
        self.assert_refused(400, self.client.verify(challenge, body), "used")

    def test_headers_over_32_kib(self):
        address = urllib.parse.urlsplit(self.client.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Filler: " + b"x" * 40000 + b"\r\n\r\n")
            self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 431"))
        self.assertEqual(200, http_request("GET", self.client.url + "/healthz").status)


if __name__ == "__main__":
    cases.main()
