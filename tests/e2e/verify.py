# SPDX-License-Identifier: Apache-2.0
"""`assay verify` on the attestation of a real Google SEV VM."""
import json
import os
import pathlib

from support import cases
from support.assay import ACCEPTED, REJECTED, SOURCE, UNAVAILABLE, USAGE, Case

CORPUS = pathlib.Path(os.environ.get("ASSAY_CORPUS") or SOURCE / ".." / "shared" / "corpus")
REAL = CORPUS / "gce-attestations" / "gce-cos-85-nonce9009.pb"


class Verify(Case):
    def verify(self, *changes, code):
        if not REAL.exists():
            cases.missing(f"no recorded attestation at {REAL}: set ASSAY_CORPUS")
        flags = {"--input": REAL, "--format": "binarypb", "--nonce": "9009", "--trust": "google",
                 "--now": "2023-01-01T00:00:00Z", **dict(changes)}
        words = [word for name, value in flags.items() if value is not None for word in (name, value)]
        return json.loads(self.run_assay("verify", *words, "--json", code=code).stdout)

    def failing(self, said):
        return [c["id"].split("/")[0] for c in said["checks"] if c["verdict"] == "fail"]

    def test_accepts_real_evidence(self):
        said = self.verify(code=ACCEPTED)
        self.assertEqual("accepted", said["verdict"])
        self.assertEqual([], self.failing(said))
        text = json.dumps(said["claims"])
        for expected in ("GRUB", "sha1", "sha256"):
            self.assertIn(expected.lower(), text.lower())

    def test_another_nonce_is_rejected_by_the_nonce_check(self):
        said = self.verify(("--nonce", "9008"), code=REJECTED)
        self.assertEqual("rejected", said["verdict"])
        self.assertEqual({"tpm.quote.nonce"}, set(self.failing(said)))

    def test_nothing_is_trusted_unasked(self):
        self.assertEqual("rejected", self.verify(("--trust", None), code=REJECTED)["verdict"])

    def test_an_expired_certificate_is_rejected(self):
        said = self.verify(("--now", "2101-01-01T00:00:00Z"), code=REJECTED)
        self.assertTrue(all("certificate" in c or "ak" in c for c in self.failing(said)), self.failing(said))
        self.assertTrue(self.failing(said))

    def test_bytes_that_are_no_attestation_are_rejected_with_where_and_why(self):
        garbage = self.directory / "garbage"
        garbage.write_bytes(b"\xff" * 64)
        done = self.run_assay("verify", "--input", garbage, "--nonce", "9009", "--trust", "google", code=REJECTED)
        self.assertEqual(1, len(done.stderr.decode().strip().splitlines()), done.stderr)

    def test_a_missing_file_is_unavailable(self):
        done = self.run_assay("verify", "--input", self.directory / "none", "--nonce", "9009", "--trust", "google",
                              code=UNAVAILABLE)
        self.assertIn(str(self.directory / "none"), done.stderr.decode())

    def test_odd_hex_is_a_usage_error(self):
        self.run_assay("verify", "--input", "-", "--nonce", "900", code=USAGE)


if __name__ == "__main__":
    cases.main()
