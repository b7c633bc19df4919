# SPDX-License-Identifier: Apache-2.0
"""kill -9 and SIGTERM of the attestation service: no challenge twice, no token without its record."""
import json
import random
import signal
import socket
import threading
import time
import urllib.parse

from support import cases
from support.assay import Case, http_request
from support.attestation import Client, digest, reason

ROUNDS = 6


class Restart(Case):
    def setUp(self):
        super().setUp()
        self.vm = self.start_vm()
        self.service = self.start_service(self.vm.ready["trust"])
        self.client = Client(self, self.vm, self.service.ready["url"])

    def restart(self):
        """The same service again, under the same URL."""
        port = urllib.parse.urlsplit(self.client.url).port
        self.service = self.start_service(self.vm.ready["trust"], listen=f"127.0.0.1:{port}")
        self.assertEqual(self.client.url, self.service.ready["url"])

    def issued(self):
        """challenge -> digests of the tokens the audit log knows for it."""
        found = {}
        for record in self.records(self.directory / "service"):
            payload = record["jsonPayload"]
            if payload["event"] == "token.issued":
                found.setdefault(payload["challenge"], []).append(payload["token_sha256"])
        return found

    def test_killed_between_challenge_and_verify(self):
        challenge = self.client.challenge()
        self.service.kill()
        self.restart()
        body = self.client.evidence(challenge)
        first = self.client.verify(challenge, body)
        self.assertEqual(200, first.status, first)
        self.service.kill()
        self.restart()
        again = self.client.verify(challenge, body)
        self.assertEqual((400, "CHALLENGE_USED"), (again.status, reason(again)))
        self.assertEqual({challenge["name"]: [digest(first.json["oidcClaimsToken"])]}, self.issued())

    def test_killed_between_verify_and_answer(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        chance = random.Random(seed)
        # How long an undisturbed answer takes, so that the kills fall before, within and after it.
        challenge = self.client.challenge()
        body = self.client.evidence(challenge)
        begin = time.monotonic()
        self.assertEqual(200, self.client.verify(challenge, body).status)
        usual = time.monotonic() - begin

        tokens = {}
        for _ in range(ROUNDS):
            challenge = self.client.challenge()
            body = self.client.evidence(challenge)
            answers = []

            def ask():
                try:
                    answers.append(self.client.verify(challenge, body))
                except OSError:
                    pass  # killed before it answered
                except Exception as error:  # noqa: BLE001 - half an answer
                    print(f"cut off: {error}")

            asking = threading.Thread(target=ask)
            asking.start()
            asking.join(chance.uniform(0, 1.2 * usual))
            self.service.kill()
            asking.join()
            self.restart()
            answers.append(self.client.verify(challenge, body))
            given = [a.json["oidcClaimsToken"] for a in answers if a.status == 200]
            self.assertLessEqual(len(given), 1, "one challenge gave two tokens")
            if not given or answers[-1].status != 200:
                self.assertEqual((400, "CHALLENGE_USED"), (answers[-1].status, reason(answers[-1])))
            if given:
                tokens[challenge["name"]] = digest(given[0])
        issued = self.issued()
        for challenge, token in tokens.items():
            self.assertEqual([token], issued.get(challenge), "a token left without its record")
        for challenge, digests in issued.items():
            self.assertEqual(1, len(digests), f"{challenge} was usable twice")

    def test_sigterm_finishes_what_is_in_flight(self):
        challenge = self.client.challenge()
        body = json.dumps(self.client.evidence(challenge)).encode()
        head, body = self.client.raw_verify(challenge, body, "Expect: 100-continue", "Connection: close")
        address = urllib.parse.urlsplit(self.client.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(head)
            self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 100"), "the request is in flight from here on")
            connection.sendall(body[:1000])
            self.service.signal(signal.SIGTERM)
            deadline = time.monotonic() + 60
            while True:  # until it has begun to stop: nobody new gets in
                try:
                    http_request("GET", self.client.url + "/healthz")
                except OSError:
                    break
                self.assertLess(time.monotonic(), deadline, "SIGTERM did not stop it")
            connection.sendall(body[1000:])
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer[:300])
        token = json.loads(answer.split(b"\r\n\r\n", 1)[1])["oidcClaimsToken"]
        self.assertEqual(0, self.service.wait())
        self.assertEqual({challenge["name"]: [digest(token)]}, self.issued())

    def test_sigterm_at_rest_ends_with_zero(self):
        for running in (self.service, self.vm):
            self.assertEqual(0, running.stop(), running.errors())

    def test_tokens_of_before_are_valid_after(self):
        challenge = self.client.challenge()
        self.assertEqual(200, self.client.verify(challenge, self.client.evidence(challenge)).status)
        before = http_request("GET", self.client.url + "/.well-known/jwks").json
        self.service.kill()
        self.restart()
        self.assertEqual(before, http_request("GET", self.client.url + "/.well-known/jwks").json)


if __name__ == "__main__":
    cases.main()
