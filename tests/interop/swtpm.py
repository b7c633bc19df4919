# SPDX-License-Identifier: Apache-2.0
"""`assay attest` on a TPM that is not ours: swtpm's bare data socket."""
import json
import shutil
import subprocess
import time

from support import cases
from support.assay import SOURCE, Case
from support.tpm_oracle import check_quotes

NONCE = "6162636465666768"
LOG = SOURCE / "tests" / "boots" / "sb" / "binary_bios_measurements"


class Swtpm(Case):
    def setUp(self):
        super().setUp()
        for tool in ("swtpm", "tpm2_checkquote"):
            if not shutil.which(tool):
                cases.missing(f"{tool} is not installed")
        self.socket = self.directory / "tpm"
        state = self.directory / "state"
        state.mkdir()
        self.swtpm = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--server", f"type=unixio,path={self.socket}",
             "--ctrl", f"type=unixio,path={self.directory / 'ctrl'}", "--flags", "not-need-init,startup-clear"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.swtpm.wait)
        self.addCleanup(self.swtpm.kill)
        deadline = time.monotonic() + 60
        while not self.socket.exists():
            self.assertIsNone(self.swtpm.poll(), "swtpm ended")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def attest(self, *arguments, code=0):
        """swtpm serves one connection and ends with it unless told otherwise, so each case attests once or more on it."""
        return self.run_assay("attest", *arguments, "--nonce", NONCE, "--tpm-path", self.socket, "--event-log", LOG,
                              code=code)

    def test_rsa_quotes_pass_checkquote(self):
        attestation = json.loads(self.attest("--key", "AK", "--algo", "rsa", "--format", "json").stdout)
        self.assertGreaterEqual(check_quotes(self, attestation, NONCE), 3)

    def test_ecc_quotes_pass_checkquote(self):
        attestation = json.loads(self.attest("--key", "AK", "--algo", "ecc", "--format", "json").stdout)
        self.assertGreaterEqual(check_quotes(self, attestation, NONCE), 3)

    def test_a_pcr_that_did_not_see_the_log_is_told_by_the_replay(self):
        out = self.directory / "evidence"
        self.attest("--key", "AK", "--algo", "ecc", "--output", out)
        done = self.run_assay("verify", "--input", out, "--nonce", NONCE, "--trust", "google", "--json", code=1)
        failed = {c["id"].split("/")[0] for c in json.loads(done.stdout)["checks"] if c["verdict"] == "fail"}
        self.assertTrue(any("replay" in c for c in failed), failed)

    def test_without_googles_certificate_there_is_no_googles_key(self):
        done = self.attest("--key", "gceAK", code=3)
        self.assertEqual(1, len(done.stderr.decode().strip().splitlines()), done.stderr)
        self.assertIn("0x01c1000", done.stderr.decode().lower())

    def test_many_runs_leave_nothing_loaded(self):
        for _ in range(5):
            self.attest("--key", "AK", "--algo", "ecc", "--output", self.directory / "evidence")


if __name__ == "__main__":
    cases.main()
