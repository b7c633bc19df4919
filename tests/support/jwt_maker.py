# SPDX-License-Identifier: Apache-2.0
"""An OIDC issuer of our own making, for tokens no honest one would issue.

Signatures come from python3-cryptography, the rest is written out: a library would refuse to make half of these.
"""
import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode(value):
    return b64url(json.dumps(value, separators=(",", ":")).encode())


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Serves discovery and keys on loopback; signs what it is told to."""

    def __init__(self):
        self.key = new_key()
        self.kid = "test-key-1"
        self.fetched = []
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetched.append(self.path)
                documents = {"/.well-known/openid-configuration": issuer.discovery(), "/keys": issuer.jwks()}
                body = json.dumps(documents.get(self.path, {})).encode()
                self.send_response(200 if self.path in documents else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def discovery(self):
        return {"issuer": self.url, "jwks_uri": self.url + "/keys", "subject_types_supported": ["public"],
                "response_types_supported": ["id_token"], "id_token_signing_alg_values_supported": ["RS256"]}

    def jwks(self):
        numbers = self.key.public_key().public_numbers()
        return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid,
                          "n": b64url(numbers.n.to_bytes(256, "big")), "e": b64url(numbers.e.to_bytes(3, "big"))}]}

    def public_pem(self):
        return self.key.public_key().public_bytes(serialization.Encoding.PEM,
                                                  serialization.PublicFormat.SubjectPublicKeyInfo)

    def claims(self, audience, **changes):
        """Claims like those of our service; a change to None takes the claim away."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": audience, "sub": "https://example.test/instances/vm", "iat": now,
                  "nbf": now, "exp": now + 600, "secboot": True, "hwmodel": "ASSAY_EMULATED_AMD_SEV",
                  "swname": "GCE", "dbgstat": "enabled", "oemid": 11129, "eat_nonce": "nonce-of-the-test"}
        claims.update(changes)
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims, header=None, key=None):
        head = {"alg": "RS256", "typ": "JWT", "kid": self.kid, **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        signed = f"{encode(head)}.{encode(claims)}"
        signature = (key or self.key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{b64url(signature)}"

    def unsigned(self, claims):
        """alg none, RFC 7518 section 3.6."""
        return f"{encode({'alg': 'none', 'typ': 'JWT', 'kid': self.kid})}.{encode(claims)}."

    def hmac_with_public_key(self, claims, material):
        """HS256 with bytes everyone knows as the secret, RFC 8725 section 2.1."""
        signed = f"{encode({'alg': 'HS256', 'typ': 'JWT', 'kid': self.kid})}.{encode(claims)}"
        return f"{signed}.{b64url(hmac.new(material, signed.encode(), hashlib.sha256).digest())}"
