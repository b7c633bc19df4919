# SPDX-License-Identifier: Apache-2.0
"""Two boots compared, a boot explained, the next one predicted: by the binary, on the recorded boots."""
import hashlib
import json

from support import cases
from support.assay import REJECTED, SOURCE, USAGE, Case

BOOTS = SOURCE / "tests" / "boots"


def log(boot):
    return BOOTS / boot / "binary_bios_measurements"


class Boots(Case):
    def eventlog(self, *words, code=0):
        return self.run_assay("eventlog", *words, code=code).stdout.decode()

    def test_a_boot_fits_its_own_tpm(self):
        for boot in ("nosb", "sb", "sbfull", "uki", "ukisb"):
            with self.subTest(boot):
                self.assertEqual("The log ends at the values that the TPM holds.\n",
                                 self.eventlog("explain", log(boot), "--pcrs", BOOTS / boot / "pcrs.yaml"))

    def test_a_log_of_another_boot_is_told(self):
        said = self.eventlog("explain", log("sb"), "--pcrs", BOOTS / "nosb" / "pcrs.yaml", code=REJECTED)
        self.assertIn("in PCR 0, 4, 7, 8, 9 and 14.\n", said)
        self.assertIn("probably of another boot", said)

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
