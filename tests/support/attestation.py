# SPDX-License-Identifier: Apache-2.0
"""The attestation service spoken to by hand: challenge, evidence, verifyAttestation."""
import base64
import hashlib
import json

from support.assay import http_request

HASH_NUMBERS = {"SHA1": 4, "SHA256": 11, "SHA384": 12, "SHA512": 13}


class Client:
    """A caller in `vm` with its access token."""

    def __init__(self, case, vm, url):
        self.case, self.vm, self.url = case, vm, url
        granted = json.loads(case.metadata(vm, "instance/service-accounts/default/token"))
        self.headers = {"Authorization": "Bearer " + granted["access_token"], "Content-Type": "application/json"}
        self.location = f"projects/{vm.ready['project']}/locations/{vm.ready['region']}"

    def challenge(self):
        """{"name", "tpmNonce", ...}"""
        answer = http_request("POST", f"{self.url}/v1/{self.location}/challenges", "{}", self.headers)
        self.case.assertEqual(200, answer.status, answer)
        return answer.json

    def evidence(self, challenge, algo="ecc"):
        """The body of verifyAttestation for it: a fresh quote over its nonce."""
        nonce = base64.b64decode(challenge["tpmNonce"], validate=True)
        done = self.case.run_assay("attest", "--key", "gceAK", "--algo", algo, "--nonce", nonce.hex(), "--format",
                                   "json", "--tpm-path", self.vm.ready["tpm_socket"], "--event-log",
                                   self.vm.ready["event_log"], env=self.case.inside(self.vm))
        attestation = json.loads(done.stdout)
        identity = self.case.metadata(
            self.vm, f"instance/service-accounts/default/identity?audience={challenge['name']}&format=full")
        return {"gcpCredentials": {"serviceAccountIdTokens": [identity]},
                "tpmAttestation": {
                    "quotes": [{"hashAlgo": HASH_NUMBERS[quote["pcrs"]["hash"]],
                                "pcrValues": quote["pcrs"]["pcrs"], "rawQuote": quote["quote"],
                                "rawSignature": quote["rawSig"]} for quote in attestation["quotes"]],
                    "tcgEventLog": attestation["eventLog"], "akCert": attestation["akCert"],
                    "certChain": attestation.get("intermediateCerts", [])},
                "tokenOptions": {"audience": "test-audience", "tokenType": "TOKEN_TYPE_OIDC"}}

    def verify(self, challenge, body):
        return http_request("POST", f"{self.url}/v1/{challenge['name']}:verifyAttestation",
                            body if isinstance(body, (str, bytes)) else json.dumps(body), self.headers)

    def raw_verify(self, challenge, body, *more_headers):
        """The bytes of that request: head, body."""
        lines = [f"POST /v1/{challenge['name']}:verifyAttestation HTTP/1.1", "Host: localhost",
                 f"Content-Length: {len(body)}", *(f"{n}: {v}" for n, v in self.headers.items()), *more_headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode(), body


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


def reason(answer):
    """ErrorInfo's reason of a google.rpc error answer."""
    return [d["reason"] for d in answer.json["error"].get("details", []) if d["@type"].endswith("ErrorInfo")][0]
