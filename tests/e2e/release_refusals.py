# SPDX-License-Identifier: Apache-2.0
"""The secret-release service against every wrong token: 401 with a reason, and it still serves."""
import hashlib
import time

from cryptography.hazmat.primitives import serialization

from support import cases
from support.assay import Case, http_request
from support.jwt_maker import Issuer, b64url, encode, new_key

AUDIENCE = "the-right-audience"
SECRET = b"This is the super secret information!"


class ReleaseRefusals(Case):
    def setUp(self):
        super().setUp()
        self.issuer = Issuer()
        self.addCleanup(self.issuer.close)
        self.release = self.start_release(self.issuer.url, AUDIENCE)

    def ask(self, token=None, **headers):
        if token is not None:
            headers["Authorization"] = "Bearer " + token
        return http_request("GET", self.release.ready["url"] + "/v1/secrets/hello", headers=headers)

    def claims(self, **changes):
        return self.issuer.claims(AUDIENCE, **changes)

    def assert_refused(self, answer, check):
        """401 that names the check, in the header a reason, all of it an RFC 9457 problem; and the next is served."""
        self.assertEqual(401, answer.status, answer)
        self.assertRegex(answer.headers["WWW-Authenticate"], r"^Bearer\b")
        self.assertEqual("application/problem+json", answer.headers["Content-Type"].split(";")[0])
        problem = answer.json
        self.assertEqual(401, problem["status"])
        self.assertEqual(check, problem["check"], problem)
        self.assertTrue(problem["title"] and problem["detail"], problem)
        self.assertNotIn(SECRET, answer.body)
        self.assert_serves()

    def assert_serves(self):
        answer = self.ask(self.issuer.sign(self.claims()))
        self.assertEqual(200, answer.status, answer)
        self.assertIn(SECRET, answer.body)

    def test_a_right_token_gets_the_secret(self):
        self.assert_serves()

    def test_no_token(self):
        self.assert_refused(self.ask(), "token.present")

    def test_head_says_no_secret(self):
        url = self.release.ready["url"] + "/v1/secrets/hello"
        right = {"Authorization": "Bearer " + self.issuer.sign(self.claims())}
        for headers, status in ((right, 200), ({}, 401)):
            head = http_request("HEAD", url, headers=headers)
            self.assertEqual((status, b""), (head.status, head.body))
        self.assertRegex(head.headers["WWW-Authenticate"], r"^Bearer\b")
        self.assert_serves()

    def test_another_scheme(self):
        self.assert_refused(self.ask(Authorization="Basic dXNlcjpwYXNz"), "token.present")

    def test_garbage(self):
        for garbage in ("garbage", "a.b.c", "..", "-.-.-", "x" * 8000, "a.b.c.d"):
            with self.subTest(garbage[:20]):
                self.assert_refused(self.ask(garbage), "token.format")

    def test_what_cannot_be_a_token(self):
        for text in ("", "!.!.!", "two words"):
            with self.subTest(text):
                self.assert_refused(self.ask(text), "token.present")

    def test_another_kind_of_token(self):
        """RFC 8725 section 3.11: an issuer's access token is not its attestation token."""
        for kind in ("at+jwt", "jwt", ""):
            with self.subTest(kind):
                self.assert_refused(self.ask(self.issuer.sign(self.claims(), {"typ": kind})), "token.type")
        self.assertEqual(200, self.ask(self.issuer.sign(self.claims(), {"typ": None})).status)

    def test_expired(self):
        now = int(time.time())
        self.assert_refused(self.ask(self.issuer.sign(self.claims(iat=now - 7200, nbf=now - 7200, exp=now - 3600))),
                            "token.expired")

    def test_without_expiry(self):
        self.assert_refused(self.ask(self.issuer.sign(self.claims(exp=None))), "token.expired")

    def test_not_yet_valid(self):
        now = int(time.time())
        self.assert_refused(self.ask(self.issuer.sign(self.claims(nbf=now + 3600))), "token.not_before")

    def test_wrong_audience(self):
        self.assert_refused(self.ask(self.issuer.sign(self.claims(aud="somebody-else"))), "token.audience")

    def test_wrong_issuer(self):
        self.assert_refused(self.ask(self.issuer.sign(self.claims(iss="http://127.0.0.1:1"))), "token.issuer")

    def test_algorithm_none(self):
        self.assert_refused(self.ask(self.issuer.unsigned(self.claims())), "token.algorithm")

    def test_hs256_with_the_public_key_as_secret(self):
        der = self.issuer.key.public_key().public_bytes(serialization.Encoding.DER,
                                                        serialization.PublicFormat.SubjectPublicKeyInfo)
        for material in (self.issuer.public_pem(), self.issuer.public_pem().strip(), der):
            self.assert_refused(self.ask(self.issuer.hmac_with_public_key(self.claims(), material)), "token.algorithm")

    def test_unknown_kid(self):
        self.assert_refused(self.ask(self.issuer.sign(self.claims(), {"kid": "nobody-knows-me"})), "token.key")

    def test_unknown_kids_do_not_make_it_fetch_each_time(self):
        self.assert_serves()
        before = len(self.issuer.fetched)
        for number in range(20):
            self.assertEqual(401, self.ask(self.issuer.sign(self.claims(), {"kid": f"nobody-{number}"})).status)
        self.assertLessEqual(len(self.issuer.fetched) - before, 2)

    def test_a_strangers_signature(self):
        self.assert_refused(self.ask(self.issuer.sign(self.claims(), key=new_key())), "token.signature")

    def test_a_key_in_the_header_is_not_believed(self):
        stranger = new_key()
        numbers = stranger.public_key().public_numbers()
        jwk = {"kty": "RSA", "n": b64url(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
        self.assert_refused(self.ask(self.issuer.sign(self.claims(), {"jwk": jwk, "kid": None}, key=stranger)),
                            "token.key")

    def test_a_changed_signature(self):
        head, body, signature = self.issuer.sign(self.claims()).split(".")
        middle = len(signature) // 2
        changed = signature[:middle] + ("A" if signature[middle] != "A" else "B") + signature[middle + 1:]
        self.assert_refused(self.ask(f"{head}.{body}.{changed}"), "token.signature")

    def test_changed_claims(self):
        head, _, signature = self.issuer.sign(self.claims()).split(".")
        self.assert_refused(self.ask(f"{head}.{encode(self.claims(sub='https://example.test/other'))}.{signature}"),
                            "token.signature")

    def test_a_secret_nobody_may_have_is_forbidden(self):
        answer = http_request("GET", self.release.ready["url"] + "/v1/secrets/not-there",
                              headers={"Authorization": "Bearer " + self.issuer.sign(self.claims())})
        self.assertEqual(403, answer.status, answer)
        self.assertEqual("application/problem+json", answer.headers["Content-Type"].split(";")[0])

    def test_every_decision_is_in_the_log_without_token_or_secret(self):
        good, bad = self.issuer.sign(self.claims()), self.issuer.sign(self.claims(aud="somebody-else"))
        self.assertEqual(200, self.ask(good).status)
        self.assertEqual(401, self.ask(bad).status)
        self.assertEqual(0, self.release.stop())
        records = self.records(self.directory / "release")
        self.assertEqual([("secret.released", "NOTICE"), ("secret.refused", "WARNING")],
                         [(r["jsonPayload"]["event"], r["severity"]) for r in records])
        self.assertEqual([hashlib.sha256(t.encode()).hexdigest() for t in (good, bad)],
                         [r["jsonPayload"]["token_sha256"] for r in records])
        text = str(records)
        for kept_out in (good, bad, good.split(".")[2], SECRET.decode()):
            self.assertNotIn(kept_out, text)


if __name__ == "__main__":
    cases.main()
