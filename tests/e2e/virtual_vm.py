# SPDX-License-Identifier: Apache-2.0
"""`assay emulate`: the virtual confidential VM, and programs inside it."""
import json
import os
import pathlib

from support import cases
from support.assay import SOURCE, UNAVAILABLE, USAGE, Case, http_request

KERNEL_LOG = "/sys/kernel/security/tpm0/binary_bios_measurements"
BOOTS = SOURCE / "tests" / "boots"


class VirtualVm(Case):
    def shell(self, script, *arguments, code=0):
        """Runs a shell script in the VM."""
        done = self.run_assay("emulate", "--state", self.directory / "vm", *arguments, "--", "sh", "-c", script,
                              code=None)
        if code is not None and done.returncode != code:
            if b"namespace" in done.stderr:
                cases.missing("namespaces are forbidden here: " + done.stderr.decode().strip())
            self.assertEqual(code, done.returncode, done)
        return done

    def verified(self, vm, *arguments, nonce="00112233"):
        """Attests with Google's key and verifies with the VM's trust file; the verdict."""
        evidence = self.directory / "evidence"
        self.run_assay("attest", "--key", "gceAK", *arguments, "--nonce", nonce, "--tpm-path", vm.ready["tpm_socket"],
                       "--event-log", vm.ready["event_log"], "--output", evidence, env=self.inside(vm))
        done = self.run_assay("verify", "--input", evidence, "--nonce", nonce, "--trust", vm.ready["trust"], "--json",
                              code=None)
        return json.loads(done.stdout)

    def test_says_what_a_script_needs(self):
        ready = self.start_vm().ready
        for name in ("tpm_socket", "metadata_host", "event_log", "project", "zone", "region", "instance_id", "trust"):
            self.assertTrue(ready[name], name)
        self.assertEqual(ready["zone"].rsplit("-", 1)[0], ready["region"])
        for name in ("tpm_socket", "event_log", "trust"):
            self.assertTrue(pathlib.Path(ready[name]).exists(), name)

    def test_its_evidence_is_accepted_under_its_trust_only(self):
        vm = self.start_vm()
        for algo in ("rsa", "ecc"):
            with self.subTest(algo):
                self.assertEqual("accepted", self.verified(vm, "--algo", algo)["verdict"])
        done = self.run_assay("verify", "--input", self.directory / "evidence", "--nonce", "00112233", "--trust",
                              "google", "--json", code=1)
        self.assertEqual("rejected", json.loads(done.stdout)["verdict"])

    def test_the_next_start_is_the_same_vm(self):
        first = self.start_vm()
        said, trust = dict(first.ready), pathlib.Path(first.ready["trust"]).read_bytes()
        keys = [self.run_assay("attest", "--key", "gceAK", "--nonce", "00", "--format", "json", "--tpm-path",
                               first.ready["tpm_socket"], "--event-log", first.ready["event_log"],
                               env=self.inside(first)).stdout]
        self.assertEqual(0, first.stop())
        second = self.start_vm()
        keys.append(self.run_assay("attest", "--key", "gceAK", "--nonce", "00", "--format", "json", "--tpm-path",
                                   second.ready["tpm_socket"], "--event-log", second.ready["event_log"],
                                   env=self.inside(second)).stdout)
        for name in ("project", "zone", "region", "instance_id"):
            self.assertEqual(said[name], second.ready[name])
        self.assertEqual(trust, pathlib.Path(second.ready["trust"]).read_bytes())
        self.assertEqual(*(json.loads(k)["akPub"] for k in keys))
        self.assertEqual(*(json.loads(k)["akCert"] for k in keys))

    def test_a_memory_that_is_not_kept_is_told_and_ends_with_an_error(self):
        vm = self.start_vm()
        memory = self.directory / "vm" / "tpm.state"
        memory.unlink()
        memory.mkdir()  # no write replaces a directory
        self.assertEqual(UNAVAILABLE, vm.stop())
        self.assertEqual(f"assay: {memory}: is a directory; the virtual TPM's memory is not kept\n", vm.errors())

    def test_attest_takes_the_metadata_server_from_its_flag(self):
        vm = self.start_vm()
        done = self.run_assay("attest", "--key", "gceAK", "--nonce", "00", "--format", "json", "--tpm-path",
                              vm.ready["tpm_socket"], "--event-log", vm.ready["event_log"], "--metadata-host",
                              vm.ready["metadata_host"], env={**os.environ, "GCE_METADATA_HOST": "127.0.0.1:1"})
        self.assertEqual(vm.ready["instance_id"], json.loads(done.stdout)["instanceInfo"]["instanceId"])
        self.assertEqual(b"", done.stderr)

    def test_json_with_a_command_is_a_usage_error(self):
        done = self.run_assay("emulate", "--json", "--", "true", code=USAGE)
        self.assertTrue(done.stderr.startswith(b"assay: --json: "), done.stderr)

    def test_recorded_boots_are_accepted(self):
        for boot in ("nosb", "sb", "sbfull", "uki", "ukisb"):
            with self.subTest(boot):
                vm = self.start_vm("--boot", BOOTS / boot)
                self.assertEqual((BOOTS / boot / "binary_bios_measurements").read_bytes(),
                                 pathlib.Path(vm.ready["event_log"]).read_bytes())
                said = self.verified(vm, "--algo", "ecc")
                self.assertEqual("accepted", said["verdict"], said)
                self.assertEqual(0, vm.stop())

    def test_a_boot_without_log_says_so(self):
        done = self.run_assay("emulate", "--boot", BOOTS / "nosblegacy", "--listen", "127.0.0.1:0", "--json", code=None)
        self.assertEqual(3, done.returncode, done)
        self.assertIn("binary_bios_measurements", done.stderr.decode())
        self.assertEqual(1, len(done.stderr.decode().strip().splitlines()), done.stderr)

    def test_a_command_finds_everything_where_a_vm_has_it(self):
        said = self.shell(f"test -e /dev/tpmrm0 && test -s {KERNEL_LOG} && echo $GCE_METADATA_HOST $GCE_METADATA_IP "
                          "${TPM2TOOLS_TCTI:+tcti}").stdout.decode().split()
        self.assertEqual(3, len(said), said)
        self.assertEqual("tcti", said[2])

    def test_the_commands_exit_code_is_the_answer(self):
        for code in (0, 1, 3, 42):
            with self.subTest(code):
                self.assertEqual(code, self.shell(f"exit {code}", code=code).returncode)

    def test_a_command_that_is_not_there(self):
        done = self.run_assay("emulate", "--", "/no/such/program", code=None)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("/no/such/program", done.stderr.decode())

    def test_the_machine_outside_stays_as_it_is(self):
        before = os.path.exists("/dev/tpmrm0"), os.path.exists(KERNEL_LOG)
        self.shell("true")
        self.assertEqual(before, (os.path.exists("/dev/tpmrm0"), os.path.exists(KERNEL_LOG)))

    def test_standard_streams_are_the_commands_own(self):
        done = self.run_assay("emulate", "--", "sh", "-c", "cat; echo noise >&2", stdin=b"one\ntwo\n", code=0)
        self.assertEqual(b"one\ntwo\n", done.stdout)
        self.assertIn(b"noise", done.stderr)

    def test_an_ordinary_user_gets_it_too(self):
        if os.geteuid() != 0:
            cases.missing("already an ordinary user: the other cases show it")
        home = self.directory / "home"
        home.mkdir(mode=0o777)
        home.chmod(0o777)
        done = self.run_as_nobody("emulate", "--state", home / "vm", "--", "sh", "-c",
                                  f"test -e /dev/tpmrm0 && test -s {KERNEL_LOG} && echo it works",
                                  env={"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)})
        if done.returncode != 0 and b"namespace" in done.stderr:
            self.assertEqual(1, len(done.stderr.decode().strip().splitlines()), done.stderr)
            cases.missing("user namespaces are forbidden here: " + done.stderr.decode().strip())
        self.assertEqual((0, b"it works\n"), (done.returncode, done.stdout), done.stderr)

    def test_metadata_as_clients_ask_for_it(self):
        vm = self.start_vm()
        self.assertEqual(vm.ready["project"], self.metadata(vm, "project/project-id"))
        self.assertTrue(self.metadata(vm, "instance/zone").endswith("/zones/" + vm.ready["zone"]))
        granted = json.loads(self.metadata(vm, "instance/service-accounts/default/token"))
        self.assertEqual("Bearer", granted["token_type"])
        self.assertGreater(granted["expires_in"], 0)
        answer = http_request("GET", f"http://{vm.ready['metadata_host']}/computeMetadata/v1/no/such",
                              headers={"Metadata-Flavor": "Google"})
        self.assertEqual((404, "Google"), (answer.status, answer.headers["Metadata-Flavor"]))


if __name__ == "__main__":
    cases.main()
