# SPDX-License-Identifier: Apache-2.0
"""What docs/comparison.md says of other tools, said by them: each input once for them and once for us.

go-tpm-tools and go-eventlog are built by Go from the module proxy or its cache (bench/peers/judge); a machine without
them skips these cases.  A newer version that does better fails here: then the document has to change.
"""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from support import cases
from support.assay import ACCEPTED, REJECTED, SOURCE, Case
from support.boot_log import APPLICATION, PLATFORM_BLOB, read, write
from support.tpm_oracle import pcr_table
from support.wire import field, find, flipped

CORPUS = pathlib.Path(os.environ.get("ASSAY_CORPUS") or SOURCE / ".." / "shared" / "corpus")
REAL = CORPUS / "gce-attestations" / "gce-cos-85-nonce9009.pb"
LOGS = CORPUS / "eventlogs"
NONCE = "9009"
# Fields of attest.Attestation and tpm.Quote.
QUOTES, EVENT_LOG, RAW_SIG = 2, 3, 2


class Peers(Case):
    def setUp(self):
        super().setUp()
        if not REAL.exists():
            cases.missing(f"no recorded attestation at {REAL}: set ASSAY_CORPUS")

    def ours_of_log(self, path, code=None):
        return json.loads(self.run_assay("eventlog", "show", path, "--json", code=code).stdout)

    def replayed(self, path, code=ACCEPTED):
        return json.loads(self.run_assay("eventlog", "replay", path, "--json", code=code).stdout)["banks"]


class GoTpmTools(Peers):
    def setUp(self):
        super().setUp()
        if not shutil.which("go"):
            raise unittest.SkipTest("no Go, which nothing else here needs")
        self.judge = self.directory / "judge"
        built = subprocess.run(["go", "build", "-mod=readonly", "-o", self.judge, "./judge"], capture_output=True,
                               cwd=SOURCE / "bench" / "peers", timeout=280)
        if built.returncode != 0:
            raise unittest.SkipTest(f"go-tpm-tools cannot be built: {built.stderr.decode()[-300:]}")
        self.real = REAL.read_bytes()

    def both(self, data, *options):
        """What they and what we say of an attestation: their verdict, our refusing checks."""
        file = self.directory / "attestation"
        file.write_bytes(data)
        theirs = json.loads(self.run_tool(self.judge, "attestation", file, NONCE, *options).stdout)
        done = self.run_assay("verify", "--input", file, "--nonce", NONCE, "--trust", "google", "--now",
                              "2023-01-01T00:00:00Z", "--json", code=None)
        ours = {c["id"] for c in json.loads(done.stdout)["checks"] if c["verdict"] in ("fail", "not_checked")}
        self.assertEqual(REJECTED if ours else ACCEPTED, done.returncode)
        return theirs, ours

    def with_log(self, change):
        """The attestation with its events changed: what was measured stays, so every register replays."""
        (begin, end), = find(self.real, EVENT_LOG)
        head, events = read(self.real[begin:end])
        return self.real.replace(field(EVENT_LOG, self.real[begin:end]), field(EVENT_LOG, write(head, change(events))))

    def test_the_attestation_as_it_came(self):
        theirs, ours = self.both(self.real)
        self.assertEqual((True, "AMD_SEV", "SHA384", 44, 3),
                         tuple(theirs[n] for n in ("accepted", "technology", "bank", "events", "applications")))
        self.assertEqual(set(), ours)

    def test_one_flipped_signature_of_three(self):
        banks = set()
        for begin, end in find(self.real, QUOTES, RAW_SIG):
            theirs, ours = self.both(flipped(self.real, end - 1))
            self.assertTrue(theirs["accepted"])
            refused, = ours
            self.assertTrue(refused.startswith("tpm.quote.signature/"), refused)
            banks.add(refused.split("/")[1])
        self.assertEqual({"sha1", "sha256", "sha384"}, banks)

    def test_a_missing_event_log(self):
        (begin, end), = find(self.real, EVENT_LOG)
        theirs, ours = self.both(self.real.replace(field(EVENT_LOG, self.real[begin:end]), b""))
        self.assertEqual((True, "NONE", 0), tuple(theirs[n] for n in ("accepted", "technology", "events")))
        self.assertIn("eventlog.log.present", ours)

    def test_data_that_no_digest_is_of_at_the_end_of_the_log(self):
        (_, end), = find(self.real, EVENT_LOG)
        theirs, ours = self.both(flipped(self.real, end - 1))
        self.assertTrue(theirs["accepted"])
        self.assertIn("eventlog.data.measured/sha384", ours)

    def test_a_register_of_one_bank_that_does_not_replay(self):
        def change(events):
            first = events[0]
            return [first.labelled(digests={**first.digests, "sha384": bytes(48)})] + events[1:]
        theirs, ours = self.both(self.with_log(change))
        self.assertEqual((True, "SHA256"), (theirs["accepted"], theirs["bank"]))
        self.assertIn("eventlog.pcrs.replayed/sha384", ours)

    def test_a_boot_application_retyped(self):
        def change(events):
            first = next(e for e in events if e.type == APPLICATION)
            return [e.labelled(type=PLATFORM_BLOB) if e is first else e for e in events]
        theirs, ours = self.both(self.with_log(change))
        self.assertEqual((True, 2), (theirs["accepted"], theirs["applications"]))
        self.assertIn("eventlog.types.placed", ours)

    def test_an_edited_command_line(self):
        def change(events):
            return [e.labelled(data=e.data.replace(b"cros_efi", b"cros_evi")) for e in events]
        theirs, ours = self.both(self.with_log(change))
        self.assertTrue(theirs["accepted"])
        self.assertIn("eventlog.data.measured/sha384", ours)
        asked, _ = self.both(self.with_log(change), "grub")
        self.assertFalse(asked["accepted"])

    def test_logs_of_real_machines(self):
        for name, why in (
                ("tpm/arch-linux-workstation.bin", "SecureBoot data len is 0, expected 1"),
                ("tpm2-tools/event-sd-boot-fedora37.bin", "SecureBoot data len is 0, expected 1"),
                ("tpm/option_rom.bin", "found EFIBootServicesApplication in PCR4 before CallingEFIApp event"),
                ("tpm/windows_gcp_shielded_vm.bin",
                 "found EFIBootServicesApplication in PCR4 before CallingEFIApp event"),
                ("tpm/keylime_binary_bios_measurements.bin", "invalid Non-Host info event for PCR0")):
            with self.subTest(name):
                banks = self.replayed(LOGS / name)
                bank = "sha256" if banks.get("sha256") else "sha1"
                theirs = json.loads(self.run_tool(self.judge, "log", LOGS / name, bank, json.dumps(banks[bank])).stdout)
                self.assertFalse(theirs["accepted"])
                self.assertIn(why, theirs["why"])
                self.ours_of_log(LOGS / name, code=ACCEPTED)

    def test_an_empty_log_and_padding(self):
        log = LOGS / "malformed" / "keylime_binary_bios_measurements-empty.bin"
        self.assertTrue(json.loads(self.run_tool(self.judge, "log", log, "sha1", "{}").stdout)["accepted"])
        self.assertIn("eventlog.log.format", {c["id"] for c in self.ours_of_log(log, code=REJECTED)["checks"]
                                              if c["verdict"] == "fail"})
        whole = self.replayed(LOGS / "tpm" / "rhel8-uefi.bin")["sha256"]
        for name, why in (("trailing_ff_padding.bin", "reached padding before event log EOF"),
                          ("trailing_zero_padding.bin", "the following registers failed to replay: [0]")):
            with self.subTest(name):
                log = LOGS / "malformed" / name
                theirs = json.loads(self.run_tool(self.judge, "log", log, "sha256", json.dumps(whole)).stdout)
                self.assertIn(why, theirs["why"])
                self.assertEqual(82, len(self.ours_of_log(log, code=REJECTED)["events"]))


class Tpm2Eventlog(Peers):
    def setUp(self):
        super().setUp()
        if not shutil.which("tpm2_eventlog"):
            cases.missing("tpm2-tools is not installed")

    def test_events_that_no_register_measures(self):
        """StartupLocality and SP800-155 events are EV_NO_ACTION; it extends them into PCR 0."""
        for name in ("tpm/eventlogwithsp800155.bin", "tpm/keylime_binary_bios_measurements.bin"):
            with self.subTest(name):
                theirs = pcr_table(self.run_tool("tpm2_eventlog", LOGS / name).stdout.decode())
                ours = self.replayed(LOGS / name)
                differing = {pcr for (bank, pcr), value in theirs.items() if ours[bank].get(str(pcr)) != value}
                self.assertEqual({0}, differing)
        manifest = json.loads((LOGS / "manifest.json").read_text())["items"]
        expected = next(i["expected_pcrs"] for i in manifest if i["name"] == "tpm/eventlogwithsp800155.bin")
        self.assertEqual(expected["sha256"]["0"], self.replayed(LOGS / "tpm" / "eventlogwithsp800155.bin")["sha256"]["0"])

    def test_a_log_with_an_option_rom_and_a_bogus_one(self):
        for name, code in (("tpm/option_rom.bin", ACCEPTED),
                           ("malformed/keylime_binary_bios_measurements-bogus.bin", REJECTED)):
            with self.subTest(name):
                self.assertEqual(-11, self.run_tool("tpm2_eventlog", LOGS / name, code=None).returncode)
                self.ours_of_log(LOGS / name, code=code)


if __name__ == "__main__":
    cases.main()
