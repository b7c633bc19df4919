# SPDX-License-Identifier: Apache-2.0
"""Two boots compared, a boot explained, the next one predicted: by the binary, on the recorded boots."""
import hashlib
import json

from support import cases
from support.assay import ACCEPTED, REJECTED, USAGE, Case
from support.recorded_boot import BOOTS, NONCE, evidence


def log(boot):
    return BOOTS / boot / "binary_bios_measurements"


NOT_VERIFIED = ("(not verified: no quote.  This is what the log says, not what a TPM or TEE vouches for)")
DEBIAN = "emailAddress=debian-devel@lists.debian.org,CN=Debian UEFI Secure Boot (PK/KEK key),O=Debian"
SNAKEOIL = "O=SnakeOil,L=Fort Collins,ST=Colorado,C=US"
GRUB = ("e76b5df31a3a1564e26b1a4d3abe025955a98c6f69704e5953d8e1f8d51693df29af4c9a7e832386528c936827a408b0")
SHIM = ("e6aeca317d23c019051c761a0a73820b0d7b4862e6f919455a68122b057431d652d9c6cc228853580332a8a9899c2f33")
CLOUD_KERNEL = ("85ac7473fe81fb47666a5c08d32d8e7a62af347ddae9567dff0781f954a9b06670accfcfa714830329b1e45cfa9e541c")
FULL_KERNEL = ("e494e71ba795e8fc3edc1b3cab678c8c8782a6efe14d2d5a25155dc948b53f7d1dab088ff7005b7e6f9b0534738660e2")
UKI = "c7bd5fbe2d7fa09b284c53679a3435d10057c887f24f9b808f37ce325d98f949b2d1dbf4904e3287c7814e7fce4199e0"
SIGNED_UKI = "1d8c851bcca4161179837a49d07bd8fe837500d2c992406cdaf29ea1c8ae1f3957fa7f2929348d5ecea980b4d5a45d57"
SECTIONS = """\
  initial RAM disk  sha384:72b90566e162a60ff017f86b83c7201f32646373def16ae2d4111ecbbb761f6faaa0b3a4db3edd06a2a4fada72c46987
  unified image     .linux   sha384:07954655bff09dccb39487917d0898f69446aad30e80025f9b1499fd3525fb9d492c6040213fccb2f7485fb228fff4c3
                    .osrel   sha384:bc3ec391a6f0e67e3f874e814fa1fe3c993ce03ce987e9e7063a1b0cd593dcdcaff01f730ebbd9e532b8618ddecf9bd0
                    .cmdline sha384:f5c1ec651d99ab6f931c250269b7a5bf4e0e23e2d6f29e805aea6eb41164447872efebd17ec1cfb2bde04d378e537fb7
                    .initrd  sha384:72b90566e162a60ff017f86b83c7201f32646373def16ae2d4111ecbbb761f6faaa0b3a4db3edd06a2a4fada72c46987
"""
MICROSOFT = f"""\
  Secure Boot       on
    PK              {DEBIAN}
    KEK             {DEBIAN}
                    Microsoft Corporation KEK CA 2011
    db              Microsoft Windows Production PCA 2011
                    Microsoft Corporation UEFI CA 2011
    dbx             1 hash
    accepted by     db, SbatLevel, MokListRT
  shim              sbat,1,2025021800 shim,4 grub,5
"""


def applications(*started):
    lines = [f"event {number}: sha384:{digest}" for number, digest in started]
    return "  applications      " + "\n                    ".join(lines) + "\n"


ARGUMENTS = "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab="
# What somebody who never saw a log is told of each boot; certificates, applications and sections are in
# tests/boots/README.md and eventlog.yaml.
PLAIN_WORDS = {
    "nosb": f"""\
  platform          not said
  Secure Boot       off
{applications((23, GRUB))}\
  kernel            {ARGUMENTS}nosb
  GRUB              16 commands, 3 files
""",
    "nosblegacy": """\
  platform          cannot be told: see the failed checks
  Secure Boot       cannot be told: see the failed checks
  applications      cannot be told: see the failed checks
  kernel            cannot be told: see the failed checks
""",
    "sb": f"""\
  platform          not said
{MICROSOFT}\
{applications((24, SHIM), (30, GRUB), (46, CLOUD_KERNEL), (47, CLOUD_KERNEL))}\
  kernel            {ARGUMENTS}sb
  GRUB              16 commands, 3 files
""",
    "sbfull": f"""\
  platform          not said
{MICROSOFT}\
{applications((24, SHIM), (30, GRUB), (46, FULL_KERNEL), (47, FULL_KERNEL))}\
  kernel            {ARGUMENTS}sbfull module.sig_enforce=1 systemd.verity=1
  GRUB              16 commands, 3 files
""",
    "uki": f"""\
  platform          not said
  Secure Boot       off
{applications((23, UKI), (32, CLOUD_KERNEL))}\
  kernel            command line in the kernel image, measured by digest (.cmdline)
{SECTIONS}""",
    "ukisb": f"""\
  platform          not said
  Secure Boot       on
    PK              {SNAKEOIL}
    KEK             {SNAKEOIL}
    db              {SNAKEOIL}
    dbx             1 hash
    accepted by     db
{applications((24, SIGNED_UKI))}\
  kernel            command line in the kernel image, measured by digest (.cmdline)
{SECTIONS}""",
}


class Boots(Case):
    def eventlog(self, *words, code=0):
        return self.run_assay("eventlog", *words, code=code).stdout.decode()

    def test_a_boot_fits_its_own_tpm(self):
        for boot in ("nosb", "sb", "sbfull", "uki", "ukisb"):
            with self.subTest(boot):
                self.assertEqual("The log ends at the values that the TPM holds.\n",
                                 self.eventlog("explain", log(boot), "--pcrs", BOOTS / boot / "pcrs.yaml"))

    def test_each_boot_is_told_in_plain_words(self):
        for boot, words in PLAIN_WORDS.items():
            with self.subTest(boot):
                shown = self.eventlog("show", log(boot), code=REJECTED if boot == "nosblegacy" else 0)
                told = shown.split("\nWhat the log says of the boot ", 1)[1]
                self.assertEqual(f"{NOT_VERIFIED}\n{words}", told.split("\n\n", 1)[0] + "\n")
                self.assertNotIn(" \n", told)

    def test_a_boot_that_left_no_log_is_told(self):
        self.assertIn("""
  FAIL  eventlog.log.format
        expected  a TCG event log
        got       record 0 at offset 0: event_log: empty; 0 events before it
        hint      the kernel exports none unless booted through its EFI stub: use GRUB's linuxefi, or a newer GRUB or kernel
  0 checks passed
""", self.eventlog("show", log("nosblegacy"), code=REJECTED))

    def test_a_log_of_another_boot_is_told(self):
        said = self.eventlog("explain", log("sb"), "--pcrs", BOOTS / "nosb" / "pcrs.yaml", code=REJECTED)
        self.assertIn("in PCR 0, 4, 7, 8, 9 and 14.\n", said)
        self.assertIn("probably of another boot", said)
        self.assertTrue(said.endswith("\nThe log of a good boot beside it tells more: --good LOG.\n"), said)

    def test_a_kernel_and_its_command_line_are_named(self):
        said = json.loads(self.eventlog("diff", log("sb"), log("sbfull"), "--json", "--exit-code", code=REJECTED))
        self.assertEqual(["kernel", "command_line"], [c["kind"] for c in said["causes"]])
        self.assertEqual([4, 8, 9], said["registers"])
        self.assertIn("kernel command line: +lab=sbfull +module.sig_enforce=1 +systemd.verity=1 -lab=sb",
                      [c["words"] for c in said["changes"]])

    def test_a_boot_is_as_itself(self):
        self.assertEqual("The two boots measured the same.\n",
                         self.eventlog("diff", log("sb"), log("sb"), "--exit-code"))

    def test_a_prediction_is_explained_by_what_was_set(self):
        predicted = self.directory / "predicted"
        said = json.loads(self.eventlog("predict", log("sb"), "--set", "secure_boot=off", "--output", predicted, "--json"))
        self.assertEqual([7], said["changed"])
        self.assertEqual({"sha1", "sha256", "sha384"}, set(said["banks"]))
        why = json.loads(self.eventlog("explain", predicted, "--good", log("sb"), "--json", code=REJECTED))
        self.assertEqual(["secure_boot"], [c["kind"] for c in why["causes"]])
        self.assertEqual("Secure Boot: off, was on", why["changes"][0]["words"])

    def test_a_switch_of_secure_boot_alone_is_named(self):
        """The log of the boot before, beside a TPM that says what the boot after measured."""
        after, pcrs = self.directory / "after", self.directory / "pcrs.json"
        for boot in ("sb", "ukisb"):
            with self.subTest(boot):
                self.eventlog("predict", log(boot), "--set", "secure_boot=off", "--output", after)
                pcrs.write_text(self.eventlog("replay", after, "--json"))
                said = self.eventlog("explain", log(boot), "--pcrs", pcrs, code=REJECTED)
                self.assertIn("other values than the log gives in PCR 7.\n", said)
                self.assertIn("     likely: Secure Boot was switched off: ", said)
        # What vouched cannot be told from a boot with Secure Boot off, nor can another change.
        pcrs.write_text(self.eventlog("replay", log("ukisb"), "--json"))
        for other in (log("sb"), after):
            self.assertNotIn("Secure Boot was switched", self.eventlog("explain", other, "--pcrs", pcrs, code=REJECTED))

    def test_a_predicted_command_line_is_the_one_that_another_boot_measured(self):
        """Predicts sbfull's arguments from sb: both events of the command line must be what sbfull has."""
        predicted = self.directory / "predicted"
        arguments = (BOOTS / "sbfull" / "cmdline").read_text().strip().split(" ", 1)[1]
        self.eventlog("predict", log("sb"), "--set", f"cmdline={arguments}", "--output", predicted)
        said = json.loads(self.eventlog("diff", predicted, log("sbfull"), "--json"))
        self.assertEqual([], [c for c in said["changes"] if c["kind"] == "command_line"])

    def test_export_for_pcrlock_leads_to_the_registers(self):
        """What systemd-pcrlock would compute from the files: their records, in the order of the components."""
        place = self.directory / "pcrlock.d"
        said = self.eventlog("export", log("sb"), "--format", "pcrlock", "--output", place).splitlines()
        self.assertEqual(sorted(map(str, place.glob("*/generated.pcrlock"))), said)
        values = {}
        for path in said:
            for record in json.loads(open(path, encoding="utf-8").read())["records"]:
                for digest in record["digests"]:
                    key = digest["hashAlg"], str(record["pcr"])
                    size = hashlib.new(digest["hashAlg"]).digest_size
                    before = values.get(key, bytes(size))
                    values[key] = hashlib.new(digest["hashAlg"], before + bytes.fromhex(digest["digest"])).digest()
        banks = {}
        for (bank, pcr), value in values.items():
            banks.setdefault(bank, {})[pcr] = value.hex()
        self.assertEqual(json.loads(self.eventlog("replay", log("sb"), "--json"))["banks"], banks)

    def test_export_for_pcrlock_has_a_variant_for_each_boot(self):
        place = self.directory / "pcrlock.d"
        self.eventlog("export", log("sb"), log("sbfull"), "--format", "pcrlock", "--output", place)
        several = {p.parent.name for p in place.glob("*/2.pcrlock")}
        self.assertEqual({"640-boot-loader-config.pcrlock.d", "650-kernel.pcrlock.d", "710-kernel-cmdline.pcrlock.d"},
                         several)
        self.assertEqual([], list(place.glob("*/3.pcrlock")))

    def test_export_for_keylime_comes_back_as_a_policy(self):
        state = self.directory / "refstate.json"
        self.eventlog("export", log("sb"), "--format", "keylime", "--output", state)
        said = self.run_assay("policy", "import", "--keylime", state).stdout.decode()
        self.assertIn("5f21ff2c0d5d899842b28a8b19901ba72cf7a7ab93c02a77fadc6ff72be85b31", said)
        policy = self.directory / "imported.toml"
        policy.write_text(said)
        self.run_assay("policy", "check", policy)
        # Its digests are of one bank of the three that the machine quoted.
        policy.write_text(said.replace("[evidence]\n", "[evidence]\nallow_operator_trust = true\n"))
        for boot, code in (("sb", ACCEPTED), ("sbfull", REJECTED)):
            self.run_assay("verify", "--format", "json", "--nonce", NONCE, "--trust-ak", BOOTS / boot / "akrsa.pem",
                           "--policy", policy, stdin=evidence(boot, "rsa"), code=code)

    def test_export_of_ima_lists_for_keylime(self):
        """Both spellings of a list, and all that the kernel printed of it."""
        said = json.loads(self.eventlog("export", BOOTS / "sb" / "ima_ascii", "--format", "keylime"))
        self.assertEqual(said, json.loads(self.eventlog("export", BOOTS / "sb" / "ima_binary", "--format", "keylime")))
        wanted = {}
        for line in (BOOTS / "sb" / "ima_ascii").read_text().splitlines():
            _, _, template, digest, path = line.split(" ")[:5]
            self.assertIn(template, ("ima-ng", "ima-sig"))
            wanted.setdefault(path, [])
            if digest.split(":")[1] not in wanted[path]:
                wanted[path].append(digest.split(":")[1])
        self.assertEqual(wanted, said["digests"])
        self.assertEqual({"version": 1, "generator": 0}, said["meta"])
        edited = self.directory / "edited"
        edited.write_bytes((BOOTS / "sb" / "ima_ascii").read_bytes().replace(b"sha256:3", b"sha256:4", 1))
        done = self.run_assay("eventlog", "export", edited, "--format", "keylime", code=REJECTED)
        self.assertIn(b"ima.entry 0: its hash is not that of its content: edited", done.stderr)

    def test_export_of_what_cannot_be(self):
        for words, code in ((("--format", "rim"), USAGE), (("--format", "pcrlock"), USAGE), ((), USAGE)):
            self.run_assay("eventlog", "export", log("sb"), *words, code=code)
        done = self.run_assay("eventlog", "export", log("uki"), "--format", "keylime", code=REJECTED)
        self.assertIn(b"keylime: GRUB measured no initial RAM disk", done.stderr)
        broken = self.directory / "broken"
        broken.write_bytes(log("sb").read_bytes().replace(b"lab=sb", b"lab=xx"))
        done = self.run_assay("eventlog", "export", broken, "--format", "pcrlock", "--output", self.directory / "out",
                              code=REJECTED)
        self.assertIn(b"not a good boot", done.stderr)
        self.assertFalse((self.directory / "out").exists())

    def test_settings_that_are_none(self):
        for setting, words in (("kernel", "want NAME=VALUE"), ("nonsense=1", "no such setting"),
                               ("secure_boot=maybe", "want on or off"), ("boot_order=zz", "0001,0000")):
            with self.subTest(setting):
                done = self.run_assay("eventlog", "predict", log("sb"), "--set", setting, code=USAGE)
                self.assertIn(words, done.stderr.decode())
        self.run_assay("eventlog", "explain", log("sb"), code=USAGE)


if __name__ == "__main__":
    cases.main()
