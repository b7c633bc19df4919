# SPDX-License-Identifier: Apache-2.0
"""Every kind of change to a boot, through the binary: `diff` names its kind, `explain` its cause, and a policy that
`baseline` wrote from three boots accepts a fourth good one and rejects each change that it should."""
import json
import shutil

from support import cases, pe
from support.assay import ACCEPTED, BINARY, REJECTED, SOURCE, Case

BOOTS = SOURCE / "tests" / "boots"
LOG = "binary_bios_measurements"
NONCE = "00112233445566778899aabbccddeeff"
GOOGLE = "google"  # the emulator's own boot, which has Google's firmware
REVOKED = "07" * 32

# name, boot, settings, the kind that must be named, the check of a baseline that must refuse it (None: it may pass)
CHANGES = (
    ("another kernel", "nosb", ("kernel=file",), "kernel", "policy.kernel.grub_files"),
    ("another kernel that shim verifies", "sb", ("kernel=image",), "kernel", "policy.applications.exactly"),
    ("another initial RAM disk", "sb", ("initrd=file",), "initrd", "policy.kernel.grub_files"),
    ("another command line", "sb", ("command_line=root=/dev/ram0 init=/bin/sh",), "command_line",
     "policy.kernel.command_line"),
    ("another configuration of GRUB", "sb", ("file:/EFI/debian/grub.cfg=file",), "bootloader_config",
     "policy.kernel.grub_files"),
    ("another shim", "sb", ("shim=image",), "shim", "policy.applications.exactly"),
    ("another boot loader", "sb", ("bootloader=image",), "bootloader", "policy.applications.exactly"),
    ("Secure Boot off", "sb", ("secure_boot=off",), "secure_boot", "policy.secure_boot.required"),
    ("a key that may sign programs", "sb", ("db+=key",), "keys", "policy.secure_boot.db"),
    ("a key exchange key", "sb", ("KEK+=key",), "keys", "policy.secure_boot.kek"),
    ("a platform key", "sb", ("PK+=key",), "keys", "policy.secure_boot.pk"),
    ("revocations emptied", "sb", ("dbx=nothing",), "dbx", "policy.secure_boot.dbx"),
    ("firmware of another version", GOOGLE, ("firmware=1",), "firmware", "policy.platform.firmware"),
    ("another technology", GOOGLE, ("technology=none",), "technology", "policy.platform.technologies"),
    ("an image revoked", "sb", ("dbx+=" + REVOKED,), "dbx", None),
    ("a newer level of SBAT", "sb", ("sbat=sbat,1,2030010100\nshim,9\n",), "shim", None),
    ("machine owner's keys", "sb", ("mok=file",), "mok", "policy.pcr/sha384:14"),
    ("another boot order", "sb", ("boot_order=0002,0001,0000",), "settings", None),
)


class BootChanges(Case):
    def setUp(self):
        super().setUp()
        self.files = {"file": self.directory / "file", "image": self.directory / "image.efi",
                      "nothing": self.directory / "nothing"}
        self.files["file"].write_bytes(b"something else")
        self.files["image"].write_bytes(pe.image(b"something else"))
        self.files["nothing"].write_bytes(b"")
        self.files["key"] = self.make_key()
        self.recorded = {}

    def make_key(self):
        """A certificate that no recorded boot has."""
        if not shutil.which("openssl"):
            cases.missing("no openssl")
        path = self.directory / "key.pem"
        self.run_tool("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", "/CN=Somebody else", "-keyout", self.directory / "key.key", "-out", path)
        return path

    def log(self, boot):
        """The log of a boot as it is."""
        if boot != GOOGLE:
            return BOOTS / boot / LOG
        if boot not in self.recorded:
            self.run_assay("emulate", "--state", self.directory / "vm", "--", "true")
            self.recorded[boot] = shutil.copy(self.directory / "vm" / LOG, self.directory / "google.log")
        return self.recorded[boot]

    def predict(self, boot, settings, name):
        """A folder with the log of the boot after a change, for `emulate --boot`."""
        place = self.directory / name
        place.mkdir()
        words = []
        for setting in settings:
            key, _, value = setting.partition("=")
            words += ["--set", f"{key}={self.files.get(value, value)}"]
        self.run_assay("eventlog", "predict", self.log(boot), *words, "--output", place / LOG)
        return place

    def test_diff_names_the_kind_and_explain_the_cause(self):
        kinds = set()
        for number, (name, boot, settings, kind, _) in enumerate(CHANGES):
            with self.subTest(name):
                after = self.predict(boot, settings, str(number)) / LOG
                for words in (("diff", self.log(boot), after), ("explain", after, "--good", self.log(boot))):
                    said = json.loads(self.run_assay("eventlog", *words, "--json", code=None).stdout)
                    self.assertEqual([kind], [c["kind"] for c in said["causes"]][:1], words[0])
                    self.assertIn(kind, {c["kind"] for c in said["changes"]}, words[0])
                kinds.add(kind)
        self.assertGreaterEqual(len(kinds), 12)

    def test_diff_of_two_booted_machines_names_both_kinds(self):
        said = json.loads(self.run_assay("eventlog", "diff", self.log("sb"), self.log("sbfull"), "--json").stdout)
        self.assertEqual(["kernel", "command_line"], [c["kind"] for c in said["causes"]])

    def baseline(self, boot):
        """A policy from three good boots, for machines of the emulator."""
        logs = [self.log(boot)]
        if boot == "sb":
            logs += [self.predict(boot, (f"boot_order={o}",), o) / LOG for o in ("0001,0000,0002", "0002,0000")]
        else:
            logs *= 3  # they have no noise
        policy = self.directory / f"{boot}.toml"
        self.run_assay("eventlog", "baseline", *logs, "--output", policy)
        policy.write_text(policy.read_text() + "\n[evidence]\nallow_emulated = true\n")
        return policy

    def judge(self, policy, boot_folder, code):
        """The failed checks of a machine that booted so, attested and verified."""
        evidence = self.directory / "evidence"
        self.run_assay("emulate", "--state", self.directory / "judged", "--boot", boot_folder, "--", BINARY, "attest",
                       "--key", "gceAK", "--nonce", NONCE, "--output", evidence)
        said = json.loads(self.run_assay("verify", "--input", evidence, "--nonce", NONCE, "--trust",
                                         self.directory / "judged" / "trust.json", "--policy", policy, "--json",
                                         code=code).stdout)
        return [c["id"] for c in said["checks"] if c["verdict"] in ("fail", "not_checked")]

    def test_a_baseline_of_three_boots_accepts_a_fourth(self):
        policy = self.baseline("sb")
        fourth = self.predict("sb", ("boot_order=0001",), "fourth")
        self.assertEqual([], self.judge(policy, fourth, ACCEPTED))

    def test_a_baseline_of_three_boots_rejects_each_change(self):
        policies, rejected = {}, 0
        for number, (name, boot, settings, _, check) in enumerate(CHANGES):
            with self.subTest(name):
                policies[boot] = policies.get(boot) or self.baseline(boot)
                changed = self.predict(boot, settings, str(number))
                if check is None:
                    self.assertEqual([], self.judge(policies[boot], changed, ACCEPTED))
                    continue
                failed = self.judge(policies[boot], changed, REJECTED)
                self.assertIn(check, failed)
                self.assertEqual([], [f for f in failed if not f.startswith("policy.")])
                rejected += 1
        self.assertGreaterEqual(rejected, 12)


if __name__ == "__main__":
    cases.main()
