# SPDX-License-Identifier: Apache-2.0
"""`assay verify` on the attestation of a real Google SEV VM, and on what is left of it after one byte has changed.

Expected values: go-tpm-tools' tests of the same boot (COS 85 on SEV), and the certificate itself.
"""
import json
import os
import pathlib
import pty
import subprocess

from support import cases
from support.assay import ACCEPTED, BINARY, PATIENCE, REJECTED, SOURCE, UNAVAILABLE, USAGE, Case
from support.wire import find, flipped

CORPUS = pathlib.Path(os.environ.get("ASSAY_CORPUS") or SOURCE / ".." / "shared" / "corpus")
REAL = CORPUS / "gce-attestations" / "gce-cos-85-nonce9009.pb"
BANKS = ("sha1", "sha256", "sha384")
# Fields of attest.Attestation and tpm.Quote.
QUOTES, EVENT_LOG, AK_CERT = 2, 3, 6
QUOTE, RAW_SIG, PCRS, PCR_MAP, MAP_VALUE = 1, 2, 3, 2, 2

EFI_APPLICATIONS = {
    "sha256": ["dba8d69ffb244496ac8ab2950695d3da539d6ac5ec660fc6b4bdde245284cf23",
               "f7bad83f87940312e4642530a9a6242e88529dc37a497d7d4e7c1c070566d542",
               "6f6afb3caed004e727200a0c310731bd8ab4cd391b2d95cedf67d08e1e8e5e7e"],
    "sha384": ["778bd7d6385d8ca0da5e504e3e554b67d98d9a712d957cb4cbb4d9b2e66ca96e31ddc18680af02b03a3a8a1b08da6aca",
               "d014c8c69b17ceb0f46be22b928f52684e717f40288246a61dadba00b1368c883cdde4e98762cc6788d94d0bcbd3f7ca",
               "ff8ff1db8fc98d02d944a90c58103b1b2ad3ba893ba4f302a006a572951491622341bb9387de20dd072cb8b6b3583cd0"],
}


def failing(said):
    """Ids of the checks that failed or could not be asked, without bank."""
    return {c["id"].split("/")[0] for c in said["checks"] if c["verdict"] in ("fail", "not_checked")}


class Verify(Case):
    def setUp(self):
        super().setUp()
        if not REAL.exists():
            cases.missing(f"no recorded attestation at {REAL}: set ASSAY_CORPUS")
        self.real = REAL.read_bytes()

    def verify(self, *changes, code, data=None):
        flags = {"--input": REAL, "--format": "binarypb", "--nonce": "9009", "--trust": "google",
                 "--now": "2023-01-01T00:00:00Z", **dict(changes)}
        if data is not None:
            flags["--input"] = "-"
        words = [word for name, value in flags.items() if value is not None for word in (name, value)]
        said = json.loads(self.run_assay("verify", *words, "--json", code=code, stdin=data or b"").stdout)
        self.assertEqual("accepted" if code == ACCEPTED else "rejected", said["verdict"])
        return said

    def assert_rejected_by(self, check, data):
        said = self.verify(code=REJECTED, data=data)
        self.assertIn(check, failing(said), failing(said))
        self.assertFalse(said.get("claims"), "rejected evidence has no claims")

    def test_accepts_real_evidence_with_the_expected_values(self):
        said = self.verify(code=ACCEPTED)
        self.assertEqual(set(), failing(said))
        claims = said["claims"]
        self.assertEqual({"zone": "us-central1-a", "project_id": "google.com:wuale-gcp-testing",
                          "project_number": "117478743145", "instance_name": "cos-test",
                          "instance_id": "6797026933021542085"}, claims["instance"])
        self.assertEqual("AMD_SEV", claims["platform"]["technology"])
        self.assertEqual(EFI_APPLICATIONS[claims["bank"]], claims["efi"]["applications"])
        self.assertIn("cros_efi", claims["kernel_command_line"])
        self.assertEqual(1, len(claims["grub"]["files"]))
        self.assertTrue(claims["grub"]["commands"])
        self.assertIsInstance(claims["secure_boot"]["enabled"], bool)
        self.assertEqual(set(BANKS), set(claims["pcrs"]))
        sha256 = claims["pcrs"]["sha256"]
        self.assertEqual(24, len(sha256))
        self.assertEqual("158cd54b4f5f440d1a4da99da68fce2b1576eb8e2f18af2c3d9f96463f28d04e", sha256["5"])
        self.assertEqual("e01c8cf808763422c5ede2cdb34595b92bd7d06b8bbd6014b54d2e95b14b0963", sha256["9"])
        self.assertEqual("63b093fd26fd34dc09ec621ff349f1053145d559422f11dbce734b3b00b5d673", sha256["10"])
        self.assertEqual((10, 0, True, "2016051100162800"),
                         tuple(claims["tpm"][n] for n in ("reset_count", "restart_count", "clock_safe",
                                                          "firmware_version")))
        self.assertIs(False, claims["emulated"])

    def test_another_nonce(self):
        self.assertEqual({"tpm.quote.nonce"}, failing(self.verify(("--nonce", "9008"), code=REJECTED)))

    def test_a_longer_and_a_shorter_nonce(self):
        for nonce in ("90", "900900"):
            self.assertEqual({"tpm.quote.nonce"}, failing(self.verify(("--nonce", nonce), code=REJECTED)))

    def test_nothing_is_trusted_unasked(self):
        self.assertIn("ak.certificate.chain", failing(self.verify(("--trust", None), code=REJECTED)))

    def test_out_of_the_certificates_time(self):
        for now in ("2020-01-01T00:00:00Z", "2101-01-01T00:00:00Z"):
            self.assertIn("ak.certificate.validity", failing(self.verify(("--now", now), code=REJECTED)))

    def test_one_flipped_byte_in_each_quote(self):
        places = find(self.real, QUOTES, QUOTE)
        self.assertEqual(3, len(places))
        for begin, end in places:
            for at in (begin, (begin + end) // 2, end - 1):
                self.assert_rejected_by("tpm.quote.signature", flipped(self.real, at))

    def test_one_flipped_byte_in_each_signature(self):
        places = find(self.real, QUOTES, RAW_SIG)
        self.assertEqual(3, len(places))
        for begin, end in places:
            for at in ((begin + end) // 2, end - 1):
                self.assert_rejected_by("tpm.quote.signature", flipped(self.real, at))

    def test_one_flipped_byte_in_a_pcr_value_of_each_bank(self):
        places = find(self.real, QUOTES, PCRS, PCR_MAP, MAP_VALUE)
        self.assertEqual(3 * 24, len(places))
        for begin, end in places[::23]:
            self.assert_rejected_by("tpm.quote.pcrs", flipped(self.real, end - 1))

    def test_one_flipped_byte_in_a_digest_of_the_event_log(self):
        (begin, _), = find(self.real, EVENT_LOG)
        # Spec ID event: pcr, type, SHA-1, size, data; then pcr, type, count, (algorithm, digest)...
        size = int.from_bytes(self.real[begin + 28:begin + 32], "little")
        first_digest = begin + 32 + size + 12 + 2
        for at in (first_digest, first_digest + 20 + 2, first_digest + 20 + 2 + 32 + 2):
            self.assert_rejected_by("eventlog.pcrs.replayed", flipped(self.real, at))

    def test_a_shortened_event_log(self):
        (begin, end), = find(self.real, EVENT_LOG)
        self.assert_rejected_by("eventlog.log.format", flipped(self.real, begin + 28))

    def test_one_flipped_byte_in_the_ak_certificate(self):
        (begin, end), = find(self.real, AK_CERT)
        self.assert_rejected_by("ak.certificate.chain", flipped(self.real, end - 1))
        for at in range(begin + 16, end, (end - begin) // 12):
            said = self.verify(code=REJECTED, data=flipped(self.real, at))
            self.assertTrue(any(c.startswith("ak.") for c in failing(said)), (at - begin, failing(said)))

    def test_bytes_that_are_no_attestation(self):
        for garbage in (b"\xff" * 64, b"", self.real[:-1], self.real + b"\0"):
            done = self.run_assay("verify", "--input", "-", "--nonce", "9009", "--trust", "google", stdin=garbage,
                                  code=REJECTED)
            self.assertTrue(done.stderr.strip() or done.stdout.strip())
        for garbage, why in ((b"", "standard input: is empty"), (b"\xff", "standard input: attestation: not a protobuf message")):
            done = self.run_assay("verify", "--nonce", "9009", "--json", stdin=garbage, code=REJECTED)
            said = json.loads(done.stdout)
            self.assertEqual(("rejected", [], {}), (said["verdict"], said["checks"], said["claims"]))
            self.assertTrue(said["error"].startswith(why), said)
            self.assertEqual(f"assay: {said['error']}\n", done.stderr.decode())

    def test_a_missing_file(self):
        done = self.run_assay("verify", "--input", self.directory / "none", "--nonce", "9009", "--trust", "google",
                              code=UNAVAILABLE)
        self.assertIn(str(self.directory / "none"), done.stderr.decode())
        self.assertEqual(1, len(done.stderr.decode().strip().splitlines()), done.stderr)

    def test_wrong_flags(self):
        for words in (("--nonce", "900"), ("--nonce", "xyz"), ("--nonce", "9009", "--format", "yaml"),
                      ("--nonce", "9009", "--now", "yesterday")):
            self.run_assay("verify", "--input", REAL, "--trust", "google", *words, code=USAGE)

    def text(self, nonce, *more, code):
        return self.run_assay("verify", "--input", REAL, "--nonce", nonce, "--trust", "google", "--now",
                              "2023-01-01T00:00:00Z", *more, code=code).stdout.decode()

    def test_text_names_every_check_where_asked(self):
        said = self.verify(code=ACCEPTED)
        text = self.text("9009", "--all", code=ACCEPTED)
        for check in said["checks"]:
            self.assertIn(f"  {check['id']} ", text)
        self.assertTrue(text.startswith("accepted: 78 checks passed, 0 failed, 0 could not be asked, 9 not applicable\n"))
        self.assertNotIn("--all", text)

    def test_colours_only_where_they_are_wanted(self):
        for more, coloured in (({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            with self.subTest(more):
                mine, theirs = pty.openpty()
                env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
                child = subprocess.Popen([BINARY, "verify", "--input", REAL, "--nonce", "9008", "--trust", "google"],
                                         stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL,
                                         env={**env, "TERM": "xterm", **more})
                os.close(theirs)
                said = b""
                try:
                    while piece := os.read(mine, 65536):
                        said += piece
                except OSError:  # EIO: the other end is closed
                    pass
                child.wait(PATIENCE)
                os.close(mine)
                self.assertIn(b"rejected", said)
                self.assertEqual(coloured, b"\x1b[" in said)
        self.assertNotIn("\x1b", self.text("9009", code=ACCEPTED))

    def test_text_shows_what_did_not_pass_and_no_more(self):
        checks = self.text("9009", code=ACCEPTED).split("\n\n")[0].splitlines()
        self.assertEqual({"n/a"}, {line.split()[0] for line in checks[1:-2]})
        self.assertEqual(["  (--all lists the checks that passed)", "  (no --policy says what the machine must be)"],
                         checks[-2:])

    def test_text_shows_failures_first_and_each_reason_once(self):
        failure = "expected  9008\n        got       9009\n        hint      "
        lines = self.text("9008", code=REJECTED).splitlines()
        self.assertEqual("rejected: 75 checks passed, 3 failed, 0 could not be asked, 9 not applicable", lines[0])
        self.assertEqual("  FAIL  tpm.quote.nonce/sha1 and 2 more", lines[1])
        self.assertEqual(failure, "\n".join(lines[2:5])[8:][:len(failure)])
        self.assertEqual(1, sum("FAIL" in line for line in lines))
        everything = self.text("9008", "--all", code=REJECTED).splitlines()
        self.assertEqual([f"  FAIL  tpm.quote.nonce/{bank}" for bank in BANKS], everything[1:13:4])
        self.assertIn("  ok    ak.certificate.present              present", everything)


if __name__ == "__main__":
    cases.main()
