# SPDX-License-Identifier: Apache-2.0
"""A machine that fails us: one line that says what to do, the right exit code, no partial file."""
import os
import pathlib
import socket
import threading

from support import cases
from support.assay import BINARY, REJECTED, SOURCE, UNAVAILABLE, USAGE, Case

NOSBLEGACY = SOURCE / "tests" / "boots" / "nosblegacy"


class BadMachine(Case):
    def assert_one_line(self, done, *words):
        lines = done.stderr.decode().strip().splitlines()
        self.assertEqual(1, len(lines), done.stderr.decode())
        self.assertTrue(lines[0].startswith("assay: "), lines[0])
        for word in words:
            self.assertIn(str(word), lines[0])

    def test_port_in_use(self):
        trust = self.start_vm().ready["trust"]
        with socket.create_server(("127.0.0.1", 0)) as taken:
            where = f"127.0.0.1:{taken.getsockname()[1]}"
            for words in (("serve", "--dev", "--trust", trust),
                          ("release", "serve", "--dev", "--issuer", "http://127.0.0.1:1", "--audience", "a")):
                with self.subTest(words[0]):
                    done = self.run_assay(*words, "--listen", where, "--state", self.directory / "s", code=UNAVAILABLE)
                    self.assert_one_line(done, where)

    def test_unwritable_state_directory(self):
        trust = self.start_vm().ready["trust"]
        public_trust = self.directory / "trust-for-all"
        public_trust.write_bytes(pathlib.Path(trust).read_bytes())
        public_trust.chmod(0o644)
        locked = self.directory / "locked"
        locked.mkdir(mode=0o555)
        for words in (("serve", "--dev", "--trust", public_trust, "--listen", "127.0.0.1:0"),
                      ("release", "serve", "--dev", "--issuer", "http://127.0.0.1:1", "--audience", "a",
                       "--listen", "127.0.0.1:0"),
                      ("emulate", "--listen", "127.0.0.1:0", "--json")):
            with self.subTest(words[0]):
                done = self.run_as_nobody(*words, "--state", locked / "s")
                self.assertEqual(UNAVAILABLE, done.returncode, done.stderr)
                self.assert_one_line(done, locked)
        self.assertEqual([], list(locked.iterdir()))

    def test_missing_event_log(self):
        vm = self.start_vm()
        out = self.directory / "attestation"
        words = ("attest", "--tpm-path", vm.ready["tpm_socket"], "--nonce", "00112233", "--output", out)
        # GRUB without the EFI stub: PCRs are filled, the kernel exports no log.
        done = self.run_assay(*words, "--event-log", NOSBLEGACY / "binary_bios_measurements", code=UNAVAILABLE)
        self.assert_one_line(done, NOSBLEGACY, "linuxefi")
        done = self.run_assay(*words, "--event-log", self.directory / "none", code=UNAVAILABLE)
        self.assert_one_line(done, self.directory / "none")
        self.assertFalse(out.exists())

    def test_full_disk(self):
        vm = self.start_vm()
        words = ("attest", "--tpm-path", vm.ready["tpm_socket"], "--nonce", "00112233", "--event-log",
                 vm.ready["event_log"])
        done = self.run_assay(*words, "--output", "/dev/full", code=UNAVAILABLE)
        self.assert_one_line(done, "/dev/full")
        with open("/dev/full", "wb") as full:
            self.assert_one_line(self.run_assay(*words, code=UNAVAILABLE, stdout=full))

    def test_output_is_whole_or_not_at_all(self):
        """A file size limit in the middle of the write leaves what was there before."""
        vm = self.start_vm()
        out = self.directory / "out" / "attestation"
        out.parent.mkdir()
        out.write_bytes(b"what was there before")
        done = self.run_tool("bash", "-c", 'trap "" XFSZ; ulimit -f 4; exec "$@"', "bash", BINARY, "attest",
                             "--tpm-path", vm.ready["tpm_socket"], "--nonce", "00112233", "--event-log",
                             vm.ready["event_log"], "--output", out, code=UNAVAILABLE)
        self.assert_one_line(done, out)
        self.assertEqual(b"what was there before", out.read_bytes())
        self.assertEqual([out], list(out.parent.iterdir()), "a partial file was left behind")

    def test_tokens_are_for_the_owner_alone(self):
        vm = self.start_vm()
        service = self.start_service(vm.ready["trust"])
        out = self.directory / "token"
        self.fetch_token(vm, service, "--output", out)
        self.assertEqual(0o600, out.stat().st_mode & 0o777)

    def test_no_tpm(self):
        done = self.run_assay("attest", "--tpm-path", self.directory / "none", "--nonce", "00", code=UNAVAILABLE)
        self.assert_one_line(done, self.directory / "none")

    def test_a_tpm_that_answers_with_an_error(self):
        path = self.directory / "sick"
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(str(path))
        server.listen(16)

        def refuse_everything():
            try:
                while True:
                    with server.accept()[0] as peer:
                        while peer.recv(4096):
                            peer.sendall(bytes.fromhex("80010000000a00000101"))  # TPM_RC_FAILURE
            except OSError:
                pass

        threading.Thread(target=refuse_everything, daemon=True).start()
        done = self.run_assay("attest", "--tpm-path", path, "--nonce", "00112233", "--event-log", "/dev/null",
                              code=None)
        self.assertIn(done.returncode, (REJECTED, UNAVAILABLE))
        self.assert_one_line(done)

    def test_no_service(self):
        vm = self.start_vm()
        done = self.run_assay("token", "--verifier-endpoint", "http://127.0.0.1:1", "--tpm-path",
                              vm.ready["tpm_socket"], "--event-log", vm.ready["event_log"], "--audience", "a",
                              env=self.inside(vm), code=UNAVAILABLE)
        self.assert_one_line(done, "127.0.0.1:1")

    def test_a_trust_file_that_is_none(self):
        bad = self.directory / "trust"
        bad.write_text("{}")
        done = self.run_assay("serve", "--dev", "--trust", bad, "--listen", "127.0.0.1:0", "--state",
                              self.directory / "s", code=REJECTED)
        self.assert_one_line(done, bad)

    def test_wrong_command_lines(self):
        for words in (["no-such-command"], ["verify", "--no-such-flag"], ["attest", "--algo", "dsa"],
                      ["attest", "--nonce", "xyz"], ["serve", "--listen", "nonsense"]):
            with self.subTest(words):
                done = self.run_assay(*words, code=USAGE)
                self.assertTrue(done.stderr.strip())
                self.assertEqual(b"", done.stdout)


if __name__ == "__main__":
    cases.main()
