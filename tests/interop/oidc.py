# SPDX-License-Identifier: Apache-2.0
"""A stock OIDC library (PyJWT) judges our tokens, knowing nothing but the issuer's URL."""
import json

import jwt

from support import cases
from support.assay import Case, http_request


class Oidc(Case):
    def setUp(self):
        super().setUp()
        self.vm = self.start_vm()
        self.service = self.start_service(self.vm.ready["trust"])
        self.issuer = self.service.ready["url"]

    def decode(self, token, audience="test-audience"):
        discovery = http_request("GET", self.issuer + "/.well-known/openid-configuration").json
        self.assertEqual(self.issuer, discovery["issuer"])
        key = jwt.PyJWKClient(discovery["jwks_uri"]).get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, algorithms=discovery["id_token_signing_alg_values_supported"],
                          audience=audience, issuer=discovery["issuer"],
                          options={"require": ["exp", "iat", "nbf", "iss", "aud", "sub"]})

    def test_our_tokens_validate(self):
        for algo in ("rsa", "ecc"):
            with self.subTest(algo):
                claims = self.decode(self.fetch_token(self.vm, self.service, "--algo", algo, "--custom-nonce",
                                                      "a-nonce-of-the-user"))
                self.assertEqual("enabled", claims["dbgstat"])
                self.assertTrue(claims["hwmodel"].startswith("ASSAY_EMULATED_"))
                self.assertIs(True, claims["secboot"])
                self.assertIn("a-nonce-of-the-user", claims["eat_nonce"])
                gce = claims["submods"]["gce"]
                self.assertEqual(self.vm.ready["project"], gce["project_id"])
                self.assertEqual(self.vm.ready["zone"], gce["zone"])
                self.assertEqual(str(self.vm.ready["instance_id"]), gce["instance_id"])
                self.assertIsInstance(gce["project_number"], str)
                self.assertEqual(claims["iat"] + 3600, claims["exp"])

    def test_for_another_audience_they_do_not(self):
        token = self.fetch_token(self.vm, self.service, "--algo", "ecc")
        with self.assertRaises(jwt.InvalidAudienceError):
            self.decode(token, "another-audience")

    def test_changed_they_do_not(self):
        head, body, signature = self.fetch_token(self.vm, self.service, "--algo", "ecc").split(".")
        middle = len(signature) // 2
        changed = signature[:middle] + ("A" if signature[middle] != "A" else "B") + signature[middle + 1:]
        with self.assertRaises(jwt.InvalidSignatureError):
            self.decode(f"{head}.{body}.{changed}")

    def test_keys_are_public_and_cacheable(self):
        answer = http_request("GET", self.issuer + "/.well-known/jwks")
        self.assertIn("max-age=", answer.headers["Cache-Control"])
        self.assertTrue(answer.json["keys"])
        for key in answer.json["keys"]:
            self.assertEqual(("RSA", "RS256", "sig"), (key["kty"], key["alg"], key["use"]))
            self.assertEqual({"kty", "alg", "use", "kid", "n", "e"}, set(key), "nothing private is shown")

    def test_the_token_opens_the_secret(self):
        release = self.start_release(self.issuer, "test-audience")
        token = self.fetch_token(self.vm, self.service)
        answer = http_request("GET", release.ready["url"] + "/v1/secrets/hello",
                              headers={"Authorization": "Bearer " + token})
        self.assertEqual(200, answer.status, answer)
        self.assertIn(b"This is the super secret information!", answer.body)
        other = self.fetch_token(self.vm, self.service, audience="another-audience")
        answer = http_request("GET", release.ready["url"] + "/v1/secrets/hello",
                              headers={"Authorization": "Bearer " + other})
        self.assertEqual(401, answer.status, answer)
        self.assertNotIn("super secret", json.dumps(answer.json))


if __name__ == "__main__":
    cases.main()
