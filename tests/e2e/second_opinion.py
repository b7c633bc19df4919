# SPDX-License-Identifier: Apache-2.0
"""Our verifier beside one written independently from the public documents (tests/oracle)."""
import datetime
import json
import os
import pathlib
import random
import sys

from support import cases
from support.assay import SOURCE, Case
from support.wire import flipped

sys.path.insert(0, str(SOURCE / "tests" / "oracle"))
import vtpm_oracle  # noqa: E402

CORPUS = pathlib.Path(os.environ.get("ASSAY_CORPUS") or SOURCE / ".." / "shared" / "corpus")
REAL = CORPUS / "gce-attestations" / "gce-cos-85-nonce9009.pb"
ROOTS = [CORPUS / "gce-ak-certs" / name for name in ("ca_tpm_ek_root_1.pem", "ca_tpm_ek_intermediate_2.pem")]
BOOTS = SOURCE / "tests" / "boots"
FLIPS = 40


def ours_in_their_words(claims):
    boot, grub = claims["secure_boot"], claims.get("grub") or {"files": [], "commands": []}
    return {"bank": claims["bank"], "pcrs": claims["pcrs"], "technology": claims["platform"]["technology"],
            "gce_firmware_version": claims["platform"].get("gce_firmware_version"), "enabled": boot["enabled"],
            "certificates": {d: [c["sha256"] for c in boot[d]["certificates"]] for d in ("pk", "kek", "db", "dbx")},
            "hashes": {d: len(boot[d]["hashes"]) for d in ("pk", "kek", "db", "dbx")},
            "efi_applications": claims["efi"]["applications"],
            "grub_files": [f["digest"] for f in grub["files"]], "grub_commands": grub["commands"],
            "kernel_command_line": claims.get("kernel_command_line"),
            "instance": {**claims["instance"], "project_number": int(claims["instance"]["project_number"]),
                         "instance_id": int(claims["instance"]["instance_id"])},
            "clock": {n: claims["tpm"][n] for n in ("reset_count", "restart_count")}}


def shown(text):
    """As our output shows text that may hold anything."""
    return "".join(c if " " <= c <= "~" else f"\\x{ord(c):02x}" for c in text)


def theirs(claims):
    boot = claims["secure_boot"]
    same = ("bank", "pcrs", "technology", "efi_applications", "grub_files", "instance", "clock")
    line = claims["kernel_command_line"]
    return {**{name: claims[name] for name in same}, "gce_firmware_version": claims.get("gce_firmware_version"),
            "grub_commands": [shown(c) for c in claims["grub_commands"]],
            "kernel_command_line": None if line is None else shown(line), "enabled": boot["enabled"],
            "certificates": {d: boot[d]["certificates"] for d in ("pk", "kek", "db", "dbx")},
            "hashes": {d: boot[d]["hashes"] for d in ("pk", "kek", "db", "dbx")}}


class SecondOpinion(Case):
    def judge(self, evidence, nonce, trust, now):
        done = self.run_assay("verify", "--input", "-", "--nonce", nonce, "--trust", trust, "--now", now, "--json",
                              stdin=evidence, code=None)
        self.assertIn(done.returncode, (0, 1), done)
        return json.loads(done.stdout) if done.stdout else {"verdict": "rejected"}

    def oracle(self, evidence, nonce, anchors, now):
        return vtpm_oracle.verify(evidence, bytes.fromhex(nonce), vtpm_oracle.load_anchors(anchors),
                                  vtpm_oracle.rfc3339(now.replace("Z", "+00:00")))

    def real(self):
        if not REAL.exists():
            cases.missing(f"no recorded attestation at {REAL}: set ASSAY_CORPUS")
        return REAL.read_bytes(), "9009", "2023-01-01T00:00:00Z"

    def test_same_claims_of_a_real_machine(self):
        evidence, nonce, now = self.real()
        opinion = self.oracle(evidence, nonce, ROOTS, now)
        self.assertEqual([], opinion["failures"])
        said = self.judge(evidence, nonce, "google", now)
        self.assertEqual("accepted", said["verdict"])
        self.assertEqual(theirs(opinion["claims"]), ours_in_their_words(said["claims"]))

    def test_no_flipped_byte_passes_us_that_it_refuses(self):
        evidence, nonce, now = self.real()
        good = ours_in_their_words(self.judge(evidence, nonce, "google", now)["claims"])
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        chance = random.Random(seed)
        for _ in range(FLIPS):
            at = chance.randrange(len(evidence))
            changed = flipped(evidence, at)
            said, opinion = (self.judge(changed, nonce, "google", now), self.oracle(changed, nonce, ROOTS, now))
            if said["verdict"] == "accepted":
                # Event types are not measured, names of GRUB's files neither: such a byte may change, the claims may not.
                self.assertEqual(good, ours_in_their_words(said["claims"]), f"byte {at}")
                self.assertEqual([], opinion["failures"], f"we accept byte {at} changed, it does not")

    def test_same_claims_of_every_recorded_boot(self):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        for boot in (None, "nosb", "sb", "sbfull", "uki", "ukisb"):
            with self.subTest(boot or "the emulator's own"):
                vm = self.start_vm(*(("--boot", BOOTS / boot) if boot else ()), state=boot or "own")
                trust = json.loads(pathlib.Path(vm.ready["trust"]).read_text())
                anchors = self.directory / "anchors.pem"
                anchors.write_text("".join(a["certificate"] for a in trust["anchors"]))
                evidence = self.run_assay("attest", "--key", "gceAK", "--algo", "ecc", "--nonce", "0011223344",
                                          "--tpm-path", vm.ready["tpm_socket"], "--event-log", vm.ready["event_log"],
                                          env=self.inside(vm)).stdout
                opinion = self.oracle(evidence, "0011223344", [anchors], now)
                self.assertEqual([], opinion["failures"])
                said = self.judge(evidence, "0011223344", vm.ready["trust"], now)
                self.assertEqual("accepted", said["verdict"])
                self.assertEqual(theirs(opinion["claims"]), ours_in_their_words(said["claims"]))


if __name__ == "__main__":
    cases.main()
