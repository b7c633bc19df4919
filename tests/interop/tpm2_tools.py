# SPDX-License-Identifier: Apache-2.0
"""tpm2-tools in our virtual VM, and as judge of our quotes and logs."""
import json
import shutil

from support import cases
from support.assay import BINARY, Case
from support.tpm_oracle import check_quotes, pcr_table

NONCE = "6162636465666768"


class Tpm2Tools(Case):
    def setUp(self):
        super().setUp()
        if not shutil.which("tpm2_checkquote"):
            cases.missing("tpm2-tools is not installed")

    def inside_vm(self, script, code=0):
        return self.run_tool(BINARY, "emulate", "--state", self.directory / "vm", "--", "sh", "-ec", script, code=code,
                             cwd=self.directory)

    def attest(self, vm, *arguments):
        return json.loads(self.run_assay("attest", *arguments, "--nonce", NONCE, "--format", "json", "--tpm-path",
                                         vm.ready["tpm_socket"], "--event-log", vm.ready["event_log"],
                                         env=self.inside(vm)).stdout)

    def test_quotes_inside_the_vm(self):
        for algorithm, scheme in (("rsa", "rsassa"), ("ecc", "ecdsa")):
            with self.subTest(algorithm):
                self.inside_vm(f"""
                    tpm2_createek -Q -c ek.ctx -G rsa -u ek.pub
                    tpm2_createak -Q -C ek.ctx -c ak.ctx -G {algorithm} -g sha256 -s {scheme} -u ak.pem -f pem
                    tpm2_flushcontext -t
                    tpm2_quote -Q -c ak.ctx -l sha256:0,4,7+sha384:0,7 -q {NONCE} -m q.msg -s q.sig -o q.pcrs -g sha256
                    tpm2_checkquote -Q -u ak.pem -m q.msg -s q.sig -f q.pcrs -g sha256 -q {NONCE}
                    ! tpm2_checkquote -Q -u ak.pem -m q.msg -s q.sig -f q.pcrs -g sha256 -q 00{NONCE}
                """)

    def test_judges_our_quotes(self):
        vm = self.start_vm()
        for key in ("AK", "gceAK"):
            for algo in ("rsa", "ecc"):
                with self.subTest(key=key, algo=algo):
                    attestation = self.attest(vm, "--key", key, "--algo", algo)
                    self.assertEqual(3, check_quotes(self, attestation, NONCE), "one quote per bank")
                    check_quotes(self, attestation, "00" + NONCE, expect=1)

    def test_reads_our_event_log_and_replays_it_to_our_pcrs(self):
        log = self.inside_vm("cat /sys/kernel/security/tpm0/binary_bios_measurements").stdout
        (self.directory / "log").write_bytes(log)
        replayed = pcr_table(self.run_tool("tpm2_eventlog", self.directory / "log").stdout.decode())
        read = pcr_table(self.inside_vm("tpm2_pcrread").stdout.decode())
        self.assertEqual({"sha1", "sha256", "sha384"}, {bank for bank, _ in replayed})
        self.assertGreaterEqual(len(replayed), 3 * 8)
        for place, value in replayed.items():
            self.assertEqual(value, read[place], place)

    def test_talks_to_it_in_every_common_way(self):
        self.inside_vm("""
            tpm2_getcap properties-fixed > /dev/null
            tpm2_getrandom --hex 16 > /dev/null
            tpm2_createprimary -Q -C o -c primary.ctx
            echo -n secret > plain
            tpm2_create -Q -C primary.ctx -i plain -u seal.pub -r seal.priv
            tpm2_flushcontext -t
            tpm2_load -Q -C primary.ctx -u seal.pub -r seal.priv -c seal.ctx
            test "$(tpm2_unseal -c seal.ctx)" = secret
            tpm2_nvread -Q -o ak.der 0x01c10000
            test -s ak.der
        """)


if __name__ == "__main__":
    cases.main()
