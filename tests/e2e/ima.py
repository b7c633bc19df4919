# SPDX-License-Identifier: Apache-2.0
"""`assay verify --ima-log`: the kernel's measurement list beside a quote, on the recorded boots and in a virtual VM whose
TPM was extended as a kernel does."""
import datetime
import hashlib
import json
import struct

from support import cases
from support.assay import ACCEPTED, REJECTED, UNAVAILABLE, USAGE, Case
from support.boot_log import BANKS, IPL, Event, read, write
from support.recorded_boot import BOOTS, NONCE, evidence

PCR = 10


def entry(path, digest=bytes(32), pcr=PCR):
    """(PCR, template data) of ima-ng"""
    name, digest = path.encode() + b"\0", b"sha256:\0" + digest
    return pcr, struct.pack("<I", len(digest)) + digest + struct.pack("<I", len(name)) + name


def binary(entries):
    return b"".join(struct.pack("<I", pcr) + hashlib.sha1(data).digest() + struct.pack("<I", 6) + b"ima-ng" +
                    struct.pack("<I", len(data)) + data for pcr, data in entries)


def ascii_list(entries):
    lines = []
    for pcr, data in entries:
        digest, path = data[4:4 + 40], data[48:-1].decode()
        lines.append(f"{pcr} {hashlib.sha1(data).hexdigest()} ima-ng sha256:{digest[8:].hex()} {path}\n")
    return "".join(lines).encode()


def extends(entries, padded=False):
    """What the kernel extends: the template data's hash in each bank, or its SHA-1 hash with zeros behind it."""
    for pcr, data in entries:
        sha1 = hashlib.sha1(data).digest()
        yield Event(pcr, IPL, {bank: sha1.ljust(hashlib.new(bank).digest_size, b"\0") if padded else
                               hashlib.new(bank, data).digest() for bank in BANKS.values()}, b"")


def aggregate(events):
    """boot_aggregate of Linux 5.8 and newer: the hash of PCR 0 to 9."""
    pcrs = [bytes(32)] * 10
    for e in events:
        if e.type != 3 and e.pcr < 10:  # EV_NO_ACTION
            pcrs[e.pcr] = hashlib.sha256(pcrs[e.pcr] + e.digests["sha256"]).digest()
    return hashlib.sha256(b"".join(pcrs)).digest()


class Ima(Case):
    def setUp(self):
        super().setUp()
        self.head, self.events = read((BOOTS / "sb" / "binary_bios_measurements").read_bytes())
        self.measured = [entry("boot_aggregate", aggregate(self.events)), entry("/init"), entry("/usr/bin/dash"),
                         entry("/usr/bin/id")]

    def file(self, name, data):
        path = self.directory / name
        path.write_bytes(data)
        return path

    def quote(self, entries, padded=False):
        """Evidence of a machine whose kernel measured these, and who vouches for it."""
        boot = self.directory / "boot"
        boot.mkdir()
        (boot / "binary_bios_measurements").write_bytes(write(self.head, [*self.events, *extends(entries, padded)]))
        vm = self.start("emulate", "--listen", "127.0.0.1:0", "--boot", boot)
        log = self.file("log", write(self.head, self.events))
        done = self.run_assay("attest", "--key", "gceAK", "--algo", "ecc", "--nonce", NONCE, "--tpm-path",
                              vm.ready["tpm_socket"], "--event-log", log, env=self.inside(vm))
        trust = self.file("trust", open(vm.ready["trust"], "rb").read())
        self.assertEqual(0, vm.stop())
        return self.file("evidence.pb", done.stdout), trust

    def verify(self, quoted, ima, *flags, code=ACCEPTED):
        file, trust = quoted
        done = self.run_assay("verify", "--input", file, "--nonce", NONCE, "--trust", trust, "--ima-log",
                              self.file("ima", ima), "--json", *flags, code=code)
        return json.loads(done.stdout)

    def falls(self, quoted, ima, *checks):
        said = self.verify(quoted, ima, code=REJECTED)
        self.assertEqual(list(checks), [c["id"] for c in said["checks"] if c["verdict"] == "fail"])
        self.assertFalse(said["claims"])

    def test_a_list_that_grew_behind_the_quote(self):
        quoted = self.quote(self.measured[:3])
        for written in (binary, ascii_list):
            said = self.verify(quoted, written(self.measured))
            self.assertEqual({"entries": 3, "behind": 1, "violations": 0, "banks": ["sha384", "sha256", "sha1"],
                              "padded": [], "boot_aggregate": "PCR 0 to 9"}, said["claims"]["ima"])
            self.assertEqual(0, self.verify(quoted, written(self.measured[:3]))["claims"]["ima"]["behind"])
        self.falls(quoted, binary(self.measured[:2]), "ima.pcrs.replayed")

    def test_edited_lists(self):
        quoted = self.quote(self.measured)
        good = binary(self.measured)
        self.verify(quoted, good)
        first, second, third, last = self.measured
        evil = entry("/usr/bin/evil")
        self.falls(quoted, good.replace(b"/usr/bin/dash", b"/usr/bin/bash"), "ima.hashes.measured", "ima.pcrs.replayed")
        self.falls(quoted, binary([first, second, evil, last]), "ima.pcrs.replayed")
        self.falls(quoted, binary([first, third, second, last]), "ima.pcrs.replayed")
        self.falls(quoted, binary([first, second, third]), "ima.pcrs.replayed")
        self.falls(quoted, binary([first, second, third, (14, last[1])]), "ima.pcrs.replayed")
        self.falls(quoted, binary([(14, data) for _, data in self.measured]), "ima.pcrs.replayed")
        self.falls(quoted, good[:-1], "ima.list.format")
        self.falls(quoted, b"", "ima.pcrs.replayed")
        self.falls(quoted, (BOOTS / "sb" / "ima_binary").read_bytes(), "ima.pcrs.replayed")
        self.falls(quoted, (BOOTS / "sb" / "binary_bios_measurements").read_bytes(), "ima.list.format")

    def test_a_list_of_another_boot(self):
        measured = [entry("boot_aggregate", bytes(32)), *self.measured[1:]]
        self.falls(self.quote(measured), binary(measured), "ima.boot.aggregate")

    def test_a_kernel_without_ima(self):
        quoted = self.quote([])
        self.assertEqual((0, 0), tuple(self.verify(quoted, b"")["claims"]["ima"][n] for n in ("entries", "behind")))
        said = self.verify(quoted, binary(self.measured))
        self.assertEqual((0, 4), tuple(said["claims"]["ima"][n] for n in ("entries", "behind")))
        self.assertIsNone(said["claims"]["ima"]["boot_aggregate"])

    def test_a_kernel_that_pads_sha1(self):
        quoted = self.quote(self.measured, padded=True)
        self.falls(quoted, binary(self.measured), "ima.pcrs.strength")
        said = self.verify(quoted, binary(self.measured), "--allow-sha1")
        self.assertEqual((["sha1"], ["sha384", "sha256"]), tuple(said["claims"]["ima"][n] for n in ("banks", "padded")))

    def test_a_policy_can_ask_for_it(self):
        quoted = self.quote(self.measured)
        areas = ("platform", "secure_boot", "applications", "kernel", "instance", "drivers", "container")
        policy = self.file("policy.toml", f"""accept_any = {json.dumps(areas)}
evidence.allow_emulated = true
[[condition]]
name = "files"
that = "ima.entries > 1 && ima.behind == 0 && ima.violations == 0 && 'sha256' in ima.banks"
because = "the files that ran are known"
""".encode())
        self.verify(quoted, binary(self.measured), "--policy", policy)
        said = self.verify(quoted, binary([*self.measured, entry("/usr/bin/late")]), "--policy", policy, code=REJECTED)
        self.assertEqual(["policy.condition/files"], [c["id"] for c in said["checks"] if c["verdict"] == "fail"])
        file, trust = quoted
        self.run_assay("verify", "--input", file, "--nonce", NONCE, "--trust", trust, "--policy", policy, code=REJECTED)

        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        (self.directory / "cases").mkdir()
        case = f'evidence = "../evidence.pb"\nnonce = "{NONCE}"\nnow = "{now}"\ntrust = ["../{trust.name}"]\n'
        self.file("cases/good.toml", f'{case}ima_log = "list"\nverdict = "accepted"\n'.encode())
        self.file("cases/none.toml", f'{case}verdict = "rejected"\nfailing = ["policy.condition/files"]\n'.encode())
        self.file("cases/list", binary(self.measured))
        self.run_assay("policy", "test", policy, self.directory / "cases")
        self.file("cases/list", binary(self.measured[:-1]))
        said = self.run_assay("policy", "test", policy, self.directory / "cases", code=REJECTED)
        self.assertIn(b"not authentic (ima.pcrs.replayed)", said.stdout + said.stderr)

    def test_what_a_person_reads(self):
        quoted, trust = self.quote(self.measured[:3])
        page, ima = self.directory / "report.html", self.file("ima", binary(self.measured))
        done = self.run_assay("verify", "--input", quoted, "--nonce", NONCE, "--trust", trust, "--ima-log", ima, "--all",
                              "--html", page).stdout.decode()
        self.assertIn("3 entries covered, 1 behind the quote (sha384, sha256, sha1)", done)
        self.assertIn("ok    ima.pcrs.replayed", done)
        text = page.read_text()
        for words in ("The IMA list: files that the kernel measured", "3 entries covered, 1 behind the quote", "Entries of the IMA list behind the quote",
                      hashlib.sha256(binary(self.measured)).hexdigest(), f"--ima-log {ima}"):
            self.assertIn(words, text)
        self.assertNotIn("Registers of the running system", text)

    def test_the_lists_of_the_recorded_boots(self):
        for boot in ("nosb", "sb", "sbfull", "uki", "ukisb"):
            for other, code in ((boot, ACCEPTED), ("uki" if boot != "uki" else "sb", REJECTED)):
                with self.subTest(boot=boot, list=other):
                    said = json.loads(self.run_assay(
                        "verify", "--format", "json", "--nonce", NONCE, "--trust-ak", BOOTS / boot / "akrsa.pem",
                        "--ima-log", BOOTS / other / "ima_ascii", "--json", stdin=evidence(boot, "rsa"),
                        code=code).stdout)
                    self.assertEqual(other == boot, "ima" in said["claims"])

    def test_wrong_use(self):
        words = ("verify", "--nonce", NONCE, "--trust", "google", "--ima-log")
        self.assertIn(b"--ima-log", self.run_assay(*words, "-", code=USAGE).stderr)
        self.assertIn(b"no/such", self.run_assay(*words, "no/such", code=UNAVAILABLE).stderr)


if __name__ == "__main__":
    cases.main()
