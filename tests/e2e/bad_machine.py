# SPDX-License-Identifier: Apache-2.0
"""A machine that fails us: one line that says what to do, the right exit code, no partial file."""
import os
import pathlib
import re
import socket
import threading

from support import cases
from support.assay import BINARY, REJECTED, SOURCE, UNAVAILABLE, USAGE, Case

NOSBLEGACY = SOURCE / "tests" / "boots" / "nosblegacy"


def given(words, file):
    """The command with the file's name at its end, or behind the last word's "="."""
    *front, last = words
    return (*front, f"{last}{file}") if str(last).endswith("=") else (*words, file)


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
                              self.directory / "s", code=USAGE)
        self.assert_one_line(done, bad)

    def test_a_wrong_file_of_the_operators_own_is_no_verdict(self):
        """1 says that a machine was refused: a script must not read it where its own policy has a mistake."""
        bad, none = self.directory / "own", self.directory / "none"
        bad.write_text("neither key nor policy\n")
        cases = self.directory / "cases"
        cases.mkdir()
        (cases / "a.toml").write_text("")
        policy = self.directory / "policy.toml"
        policy.write_text('accept_any = ["platform", "secure_boot", "applications", "kernel", "instance"]\n')
        log = SOURCE / "tests" / "boots" / "sb" / "binary_bios_measurements"
        verify = ("verify", "--nonce", "00" * 16)
        serve = ("serve", "--dev", "--listen", "127.0.0.1:0", "--state", self.directory / "s")
        challenge = ("tpm", "enroll", "challenge", "--output", self.directory / "c", "--pending", self.directory / "p")
        for words in ((*verify, "--trust"), (*verify, "--policy"), (*verify, "--trust-ak"), (*verify, "--crl"),
                      (*serve, "--trust"), (*serve, "--trust", "google", "--policy"),
                      (*serve, "--trust", "google", "--trust-ak"), (*serve, "--trust", "google", "--crl"),
                      ("release", "serve", "--dev", "--listen", "127.0.0.1:0", "--state", self.directory / "s",
                       "--issuer", "http://127.0.0.1:1", "--audience", "a", "--policy"),
                      ("policy", "explain"), ("policy", "import", "--keylime"),
                      (*challenge, "--trust"), (*challenge, "--trust-ek"), (*challenge, "--intermediates"),
                      (*challenge, "--trust", "google", "--crl"),
                      ("tpm", "register", "create-challenge", "--secret-output", self.directory / "q", "--input"),
                      ("tpm", "register", "verify-challenge", "--secret-input"),
                      ("eventlog", "explain", log, "--pcrs"), ("eventlog", "predict", log, "--set", "kernel=")):
            with self.subTest(words):
                done = self.run_assay(*given(words, bad), code=USAGE, stdin=b"")
                self.assert_one_line(done, bad)
                self.assertEqual(b"", done.stdout)
                self.assert_one_line(self.run_assay(*given(words, none), code=UNAVAILABLE, stdin=b""), none)
        self.assert_one_line(self.run_assay("policy", "test", bad, cases, code=USAGE), bad)
        self.assert_one_line(self.run_assay("policy", "test", policy, cases, code=USAGE), cases / "a.toml")
        # What is asked about itself is what is judged.
        self.run_assay("policy", "check", bad, code=REJECTED)
        self.run_assay("eventlog", "show", bad, code=REJECTED)
        self.run_assay(*verify, "--policy", policy, stdin=b"\xff", code=REJECTED)

    def test_wrong_command_lines(self):
        for words in (["no-such-command"], ["verify", "--no-such-flag"], ["attest", "--algo", "dsa"],
                      ["attest", "--nonce", "xyz"], ["serve", "--listen", "nonsense"]):
            with self.subTest(words):
                done = self.run_assay(*words, code=USAGE)
                self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
                self.assertEqual(b"", done.stdout)

    def test_a_service_that_is_not_there(self):
        """Neither a wrong URL nor a place that is not served says anything of the machine."""
        vm = self.start_vm()
        service = self.start_service(vm.ready["trust"]).ready["url"]
        words = ("token", "--audience", "a", "--tpm-path", vm.ready["tpm_socket"], "--event-log", vm.ready["event_log"])
        for more, code, said in ((("--endpoint", "nonsense"), USAGE, "--verifier-endpoint"),
                                 (("--endpoint", f"{service}/x"), UNAVAILABLE, "HTTP 404"),
                                 (("--endpoint", service, "--location", "mars"), UNAVAILABLE, "mars is not served")):
            with self.subTest(more):
                self.assert_one_line(self.run_assay(*words, *more, env=self.inside(vm), code=code), said)

    def test_secrets_that_are_not_there(self):
        """A directory that was mistyped does not become a store without secrets."""
        state = self.directory / "typo"
        for words in (("list",), ("list", "--json"), ("remove", "a")):
            done = self.run_assay("release", *words, "--state", state, code=UNAVAILABLE)
            self.assert_one_line(done, state)
            self.assertFalse(state.exists())
        done = self.run_assay("release", "put", "--state", state, "a", stdin=b"", code=USAGE)
        self.assert_one_line(done, "standard input: is empty")
        self.run_assay("release", "put", "--state", state, "a", stdin=b"x")
        self.assertEqual(b"a\n", self.run_assay("release", "list", "--state", state).stdout)
        self.run_assay("logs", "read", "--state", state, "--limit", "0", code=USAGE)

    def test_words_that_were_meant_otherwise(self):
        for words, wanted in (
                (["verfy"], "assay: no such command: verfy; did you mean verify?"),
                (["tpm", "enrol"], "assay tpm: no such command: enrol; did you mean enroll?"),
                (["verify", "--inptu", "x"], "assay verify: no such option: --inptu; did you mean --input?"),
                (["verify", "--nonse=00"], "assay verify: no such option: --nonse=00; did you mean --nonce?"),
                (["verify", "--zzzzzzzz"], "assay verify: no such option: --zzzzzzzz"),
                (["eventlog", "show", "a", "b"], "assay eventlog show: one argument too many: b"),
                (["eventlog", "show"], "assay eventlog show: FILE is required"),
                (["verify", "--nonce"], "assay verify: --nonce: HEX missing"),
                (["attest", "--algo", "dsa"], "assay attest: --algo: want ecc or rsa, got dsa"),
                (["verify", "--\x1b[2J"], "assay verify: no such option: --\\x1b[2J")):
            with self.subTest(words):
                said = self.run_assay(*words, code=USAGE).stderr.decode()
                name = wanted.split(": ")[0]
                self.assertEqual(f"{wanted} (`{name} --help` tells more)\n", said)

    def test_a_group_of_commands_says_what_it_has(self):
        for words, usage in (([], "Usage: assay [OPTIONS] SUBCOMMAND"),
                             (["tpm", "enroll"], "Usage: assay tpm enroll [OPTIONS] SUBCOMMAND")):
            done = self.run_assay(*words, code=USAGE)
            self.assertEqual(b"", done.stdout)
            self.assertIn(usage, done.stderr.decode().splitlines())
            self.assertEqual(done.stderr, self.run_assay(*words, "--help").stdout)

    def test_help_fits_eighty_columns(self):
        """Of every command there is, found from their own lists."""
        commands, seen = [()], []
        while commands:
            words = commands.pop()
            said = self.run_assay(*words, "--help").stdout.decode()
            self.assertEqual([], [line for line in said.splitlines() if len(line) > 80 or line != line.rstrip()], words)
            seen.append(words)
            if "SUBCOMMAND" in said.split("Usage: ")[1].splitlines()[0]:
                lists = said.split("\n\n", 2)[2]
                commands += [(*words, name) for name in re.findall(r"^  ([a-z][a-z-]*) ", lists, re.M)
                             if name != "assay"]
        self.assertGreater(len(seen), 35)


if __name__ == "__main__":
    cases.main()
