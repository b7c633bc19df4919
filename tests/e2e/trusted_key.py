# SPDX-License-Identifier: Apache-2.0
"""`assay verify --trust-ak`: an attestation key that is trusted itself, on the recorded boots and in a virtual VM."""
import base64
import json

from support import cases
from support.assay import ACCEPTED, REJECTED, UNAVAILABLE, USAGE, Case
from support.recorded_boot import BOOTS, NONCE, evidence


class TrustedKey(Case):
    def verify(self, data, *trust, code, nonce=NONCE):
        done = self.run_assay("verify", "--format", "json", "--nonce", nonce, *trust, "--json", code=code, stdin=data)
        return json.loads(done.stdout)

    def test_accepts_the_recorded_boots_in_each_spelling_of_the_key(self):
        for boot in ("nosb", "sb", "sbfull", "uki", "ukisb"):
            for key in ("rsa", "ecc"):
                for spelling in ("pem", "tpm2b"):
                    with self.subTest(boot=boot, key=key, spelling=spelling):
                        said = self.verify(evidence(boot, key), "--trust-ak", BOOTS / boot / f"ak{key}.{spelling}",
                                           code=ACCEPTED)
                        self.assertEqual("accepted", said["verdict"])
                        self.assertIsNone(said["claims"]["tpm"]["ak_issuer"])
                        self.assertEqual("operator", said["claims"]["provenance"])
                        self.assertNotIn("instance", said["claims"])

    def test_refuses_the_key_of_another_boot(self):
        said = self.verify(evidence("sb", "rsa"), "--trust-ak", BOOTS / "nosb" / "akrsa.pem", code=REJECTED)
        self.assertIn("ak.public.trusted", [c["id"] for c in said["checks"] if c["verdict"] == "fail"])
        self.assertFalse(said["claims"])

    def test_refuses_another_nonce(self):
        said = self.verify(evidence("sb", "rsa"), "--trust-ak", BOOTS / "sb" / "akrsa.pem", code=REJECTED,
                           nonce="00" * 16)
        self.assertEqual(["tpm.quote.nonce/sha1", "tpm.quote.nonce/sha256", "tpm.quote.nonce/sha384"],
                         [c["id"] for c in said["checks"] if c["verdict"] == "fail"])

    def test_is_not_trusted_together_with_a_ca(self):
        done = self.run_assay("verify", "--format", "json", "--nonce", NONCE, "--trust", "google", "--trust-ak",
                              BOOTS / "sb" / "akrsa.pem", stdin=evidence("sb", "rsa"), code=USAGE)
        self.assertIn("--trust-ak", done.stderr.decode())

    def test_a_file_that_is_no_key(self):
        done = self.run_assay("verify", "--nonce", NONCE, "--trust-ak", BOOTS / "sb" / "cmdline", stdin=b"", code=USAGE)
        self.assertIn("cmdline", done.stderr.decode())

    def test_a_directory_of_keys(self):
        keys = self.directory / "keys"
        keys.mkdir()
        words = ("verify", "--format", "json", "--nonce", NONCE, "--trust-ak", keys)
        self.assertIn(b"holds no key", self.run_assay(*words, stdin=evidence("sb", "rsa"), code=UNAVAILABLE).stderr)
        for boot in ("nosb", "sb"):
            (keys / f"{boot}.pem").write_bytes((BOOTS / boot / "akrsa.pem").read_bytes())
        for boot in ("nosb", "sb"):
            self.assertEqual("accepted", self.verify(evidence(boot, "rsa"), "--trust-ak", keys, code=ACCEPTED)["verdict"])
        self.verify(evidence("uki", "rsa"), "--trust-ak", keys, code=REJECTED)
        (keys / "README").write_text("our machines")
        self.assertIn(b"keys/README", self.run_assay(*words, stdin=evidence("sb", "rsa"), code=USAGE).stderr)

    def test_accepts_a_vm_by_the_key_its_tpm_made(self):
        """The key that `assay attest` makes, which no CA certified, recorded from a first attestation."""
        vm = self.start_vm("--boot", BOOTS / "sb")
        for algo in ("rsa", "ecc"):
            with self.subTest(algo):
                done = self.run_assay("attest", "--algo", algo, "--nonce", NONCE, "--format", "json", "--tpm-path",
                                      vm.ready["tpm_socket"], "--event-log", vm.ready["event_log"],
                                      env=self.inside(vm))
                key = self.directory / f"ak.{algo}"
                key.write_bytes(base64.b64decode(json.loads(done.stdout)["akPub"]))
                said = self.verify(done.stdout, "--trust-ak", key, code=ACCEPTED)
                self.assertIs(True, said["claims"]["secure_boot"]["enabled"])


if __name__ == "__main__":
    cases.main()
