# SPDX-License-Identifier: Apache-2.0
"""Boots that a forger who is root in the VM makes look good: the virtual TPM is extended as he would, really quotes it,
and the evidence must fall by the check that names the forgery.  Beside each stands its honest twin."""
import base64
import json
import shutil
import subprocess

from support import cases
from support.assay import ACCEPTED, REJECTED, SOURCE, Case
from support.boot_log import (APPLICATION, AUTHORITY, COMPACT_HASH, EFI_ACTION, EVENT_TAG, IPL, S_CRTM_CONTENTS,
                              S_CRTM_VERSION, SEPARATOR, digests, event, read, tag, utf16, variable, write)

BOOTS = SOURCE / "tests" / "boots"
NONCE = "00112233445566778899aabbccddeeff"
AREAS = ("platform", "secure_boot", "applications", "kernel", "instance", "drivers", "container")
SHIM = bytes.fromhex("50ab5d6046e00043abb63dd810dd8b23")
OPTIONS = tag(0x8F3B22ED, b"LOADED_IMAGE::LoadOptions\0")
INITRD = tag(0x8F3B22EC, b"Linux initrd\0")


def boot(name):
    return read((BOOTS / name / "binary_bios_measurements").read_bytes())


def started():
    """Every program that a recorded boot started."""
    return sorted({f"sha384:{e.hex}" for name in ("nosb", "sb", "uki", "ukisb")
                   for e in boot(name)[1] if e.type == APPLICATION})


def policy(*ruled, text=""):
    """A policy with rules about these areas; what it does not name, passes.  Rules of the kernel need one about the
    programs, and get one that lets every recorded boot's in."""
    free = json.dumps([area for area in AREAS if area not in ruled])
    programs = f"applications.within = {json.dumps(started())}\n" if "kernel" in ruled else ""
    return f"accept_any = {free}\nevidence.allow_emulated = true\n{programs}{text}"


def failing(said):
    return {c["id"] for c in said["checks"] if c["verdict"] in ("fail", "not_checked")}


class ForgedBoots(Case):
    def setUp(self):
        super().setUp()
        self.machines = 0

    def machine(self, head, events):
        """A VM whose TPM was extended with these events."""
        self.machines += 1
        folder = self.directory / f"boot{self.machines}"
        folder.mkdir()
        (folder / "binary_bios_measurements").write_bytes(write(head, events))
        return self.start("emulate", "--listen", "127.0.0.1:0", "--boot", folder)

    def evidence(self, vm, *flags, log=None):
        log = log or vm.ready["event_log"]
        return self.run_assay("attest", "--key", "gceAK", "--algo", "ecc", "--nonce", NONCE, "--tpm-path",
                              vm.ready["tpm_socket"], "--event-log", log, *flags, env=self.inside(vm)).stdout

    def judge(self, evidence, trust, rules, *flags):
        file = self.directory / "policy.toml"
        file.write_text(rules)
        done = self.run_assay("verify", "--input", "-", "--nonce", NONCE, "--trust", trust, "--policy", file, "--json",
                              *flags, stdin=evidence, code=None)
        said = json.loads(done.stdout)
        self.assertEqual("accepted" if done.returncode == ACCEPTED else "rejected", said["verdict"])
        self.assertIn(done.returncode, (ACCEPTED, REJECTED), done)
        return said

    def verdict(self, head, events, rules):
        """Which checks refuse a machine that measured this, and its claims."""
        vm = self.machine(head, events)
        said = self.judge(self.evidence(vm), vm.ready["trust"], rules)
        self.assertEqual(0, vm.stop())
        return failing(said), said.get("claims") or {}

    def assert_falls(self, checks, head, events, rules):
        refused, _ = self.verdict(head, events, rules)
        self.assertEqual(set(checks), refused)

    def assert_passes(self, head, events, rules):
        refused, claims = self.verdict(head, events, rules)
        self.assertEqual(set(), refused)
        return claims

    # An initial RAM disk.

    def grub_boot(self):
        """The Spec ID event; sb with a kernel whose stub measures its disk too; the same with another disk."""
        head, events = boot("sb")
        self.disk = next(e for e in events if e.pcr == 9 and b"initrd" in e.data)
        good = events + [self.disk.labelled(type=EVENT_TAG, data=INITRD)]
        self.evil = digests(b"an evil initial RAM disk")
        booted = [e.labelled(digests=self.evil) if e.pcr == 9 and e.digests == self.disk.digests else e for e in good]
        files = json.dumps([e.hex for e in events if e.pcr == 9 and e.type == IPL])
        self.listed = policy("kernel", text=f'[kernel]\ninitrds_within = ["{self.disk.hex}"]\n')
        self.both = self.listed + f"grub_files_within = {files}\n"
        return head, good, booted

    def hide(self, booted, kind, data):
        """The evil disk under another label, and the good one extended behind it."""
        return [e.labelled(type=kind, data=data) if e.pcr == 9 and e.digests == self.evil else e for e in booted] + [
            self.disk.labelled(type=EVENT_TAG, data=INITRD)]

    def test_an_initrd_among_the_files_of_grub(self):
        head, good, booted = self.grub_boot()
        hidden = self.hide(booted, IPL, b"/boot/grub/locale\0")
        self.assert_passes(head, good, self.both)
        self.assert_falls({"policy.kernel.grub_files", "policy.kernel.initrds"}, head, booted, self.both)
        self.assert_falls({"policy.kernel.grub_files"}, head, hidden, self.both)
        # Without a rule about GRUB's files nobody could tell one from the other: no boot of GRUB passes.
        self.assert_falls({"policy.kernel.grub_files"}, head, hidden, self.listed)
        self.assert_falls({"policy.kernel.grub_files"}, head, good, self.listed)

    def test_an_initrd_as_load_options(self):
        head, _, booted = self.grub_boot()
        line = "BOOT_IMAGE=/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=sb\0"
        hidden = self.hide(booted, EVENT_TAG, OPTIONS) + [event(9, EVENT_TAG, OPTIONS, utf16(line))]
        self.assert_falls({"boot.kernel.load_options"}, head, hidden, self.both)

    # A unified kernel image.

    def test_a_command_line_of_systemd_replaced(self):
        """What the stub was given is hidden, in PCR 12 and as LoadOptions, and a good line extended behind it."""
        head, events = boot("uki")
        line, evil = "console=ttyS0 ro quiet panic=5 lab=uki\0", "console=ttyS0 init=/bin/sh\0"
        rules = policy("kernel", text=f'[kernel]\ncommand_lines = ["{line[:-1]}"]\n')
        options = next(e for e in events if e.pcr == 9 and b"LoadOptions" in e.data)
        good = event(12, IPL, utf16(line))
        self.assert_passes(head, events + [good], rules)
        given = event(12, IPL, utf16(evil))
        booted = [given] + [e.labelled(digests=digests(utf16(evil))) if e is options else e for e in events]
        self.assert_falls({"policy.kernel.command_line"}, head, booted, rules)
        for line_hidden in (False, True):
            for options_hidden in (False, True):
                with self.subTest(line=line_hidden, options=options_hidden):
                    forged = [e.labelled(data=b"x") if line_hidden and e is given else
                              e.labelled(data=INITRD) if options_hidden and e.pcr == 9 and e.data == options.data else e
                              for e in booted] + [good, options]
                    self.assert_falls({"policy.kernel.command_line"}, head, forged, rules)

    CALLING, RETURNING = (event(4, EFI_ACTION, text) for text in (
        b"Calling EFI Application from Boot Option", b"Returning from EFI Application from Boot Option"))

    def test_a_line_of_a_kernel_that_came_back(self):
        """systemd-boot starts the kernel with the good line, it returns, and the firmware starts it with another."""
        head, events = boot("uki")
        line, evil = utf16("console=ttyS0 ro quiet panic=5 lab=uki\0"), utf16("console=ttyS0 rw init=/bin/sh\0")
        rules = policy("kernel", text='[kernel]\ncommand_lines = ["console=ttyS0 ro quiet panic=5 lab=uki"]\n')
        once = self.before_linux([e for e in events if e.pcr != 11], [event(12, IPL, line)])
        self.assert_passes(head, once, rules)
        again = event(9, EVENT_TAG, INITRD, evil)  # its LoadOptions, under another name
        self.assert_falls({"policy.kernel.command_line"}, head, [*once, again], rules)
        kernel = [e for e in once if e.type == APPLICATION][-1]
        at = once.index(kernel) + 1
        twice = [*once[:at], self.RETURNING, self.CALLING, kernel, *once[at:]]
        self.assert_falls({"policy.kernel.command_line"}, head, twice, rules)

    def test_a_line_of_grub_that_came_back(self):
        head, events = boot("nosb")
        rules = policy("kernel", text='[kernel]\nmust_not = ["init=*"]\n')
        self.assert_passes(head, events, rules)
        last = [e for e in events if e.type == APPLICATION][-1]
        at = events.index(last) + 1
        twice = [*events[:at], self.RETURNING, self.CALLING, last, *events[at:]]
        self.assert_falls({"policy.kernel.must_not"}, head, twice, rules)

    def sections(self, events):
        held = [e for e in events if e.pcr == 11]
        return {name.data.decode("utf-16le").rstrip("\0"): content for name, content in zip(held[::2], held[1::2])}

    def test_sections_of_a_unified_kernel_image_replaced(self):
        head, events = boot("uki")
        listed = "[uki.sections]\n" + "".join(f'"{name}" = ["{content.hex}"]\n'
                                              for name, content in self.sections(events).items())
        rules = policy("kernel", text=listed)
        self.assert_passes(head, events, rules)
        contents = [id(e) for e in self.sections(events).values()]
        booted = [e.labelled(digests=digests(b"an evil section")) if id(e) in contents else e for e in events]
        self.assert_falls({"policy.uki.section/" + name for name in (".linux", ".osrel", ".cmdline", ".initrd")}, head,
                          booted, rules)
        good = [e for e in events if e.pcr == 11]
        relabelled = [e.labelled(type=COMPACT_HASH, data=b"\0\0\0\0") if e.pcr == 11 else e for e in booted] + good
        refused, _ = self.verdict(head, relabelled, rules)
        self.assertIn("boot.uki.sections", refused)

    # Nothing forged, but not what the good boot had: the baseline of that boot alone.

    ADDITIONS = (event(12, EVENT_TAG, tag(0x49DFFE0F, utf16("evil.addon.efi\0")), b"an evil add-on"),
                 event(12, IPL, utf16("Credentials initrd\0"), b"evil credentials"),
                 event(13, IPL, utf16("System extension initrd\0"), b"an evil system extension"))

    def baseline(self, head, events):
        file = self.directory / "good.log"
        file.write_bytes(write(head, events))
        rules = self.run_assay("eventlog", "baseline", file).stdout.decode()
        rules = "evidence.allow_emulated = true\n" + rules
        self.assert_passes(head, events, rules)
        return rules

    def before_linux(self, events, added):
        first = next(i for i, e in enumerate(events) if e.pcr == 9)
        return [*events[:first], *added, *events[first:]]

    def test_a_baseline_refuses_another_initrd_of_systemd_boot(self):
        head, events = boot("uki")
        line = event(12, IPL, utf16("console=ttyS0 ro quiet panic=5 lab=uki\0"))
        booted = self.before_linux([e for e in events if e.pcr != 11], [line])
        disk = next(e for e in booted if e.pcr == 9 and b"initrd" in e.data)
        changed = [e.labelled(digests=digests(b"an evil disk")) if e is disk else e for e in booted]
        self.assert_falls({"policy.kernel.initrds"}, head, changed, self.baseline(head, booted))

    def test_a_baseline_refuses_what_is_put_over_a_unified_kernel_image(self):
        head, events = boot("uki")
        rules = self.baseline(head, events)
        evil = utf16("console=ttyS0 rw init=/bin/sh\0")
        given = [e.labelled(digests=digests(evil)) if e.pcr == 9 and b"LoadOptions" in e.data else e for e in events]
        self.assert_falls({"policy.pcr/sha384:12"}, head, self.before_linux(given, [event(12, IPL, evil)]), rules)
        self.assert_falls({"policy.pcr/sha384:12", "policy.pcr/sha384:13"}, head,
                          self.before_linux(events, self.ADDITIONS), rules)

    def test_sections_alone_refuse_what_is_put_over_the_image(self):
        for name in ("uki", "ukisb"):
            with self.subTest(name):
                head, events = boot(name)
                rules = policy("kernel", text="[uki.sections]\n" + "".join(
                    f'"{section}" = ["{content.hex}"]\n' for section, content in self.sections(events).items()))
                self.assert_passes(head, events, rules)
                for added in self.ADDITIONS:
                    self.assert_falls({"policy.uki.additions"}, head, self.before_linux(events, [added]), rules)

    # Nothing of a unified kernel image ran, and root extends what one would have measured into registers left empty.

    def test_a_unified_kernel_image_beside_what_grub_started(self):
        _, unified = boot("uki")
        held = [e for e in unified if e.pcr == 11]
        listed = "".join(f'"{name}" = ["{content.hex}"]\n' for name, content in self.sections(unified).items())
        head, events = boot("sb")
        self.assert_falls({"policy.kernel.grub_files", "policy.uki.loader"}, head, events + held,
                          policy("kernel", text="[uki.sections]\n" + listed))
        files = json.dumps([f"sha384:{e.hex}" for e in events if e.pcr == 9 and e.type == IPL])
        self.assert_falls({"policy.uki.loader"}, head, events + held,
                          policy("kernel", text=f"[kernel]\ngrub_files_within = {files}\n[uki.sections]\n{listed}"))

    def test_a_kernel_that_did_not_run(self):
        head, events = boot("uki")
        *others, image = [f"sha384:{e.hex}" for e in events if e.type == APPLICATION]
        content = self.sections(events)[".linux"]
        running = next(e for e in events if e.type == APPLICATION and f"sha384:{e.hex}" == image)
        old = running.labelled(digests=digests(b"an old signed kernel"))
        good = [e for e in events if e.pcr == 11]
        booted = [old if e is running else e for e in events if e.pcr != 11]
        line = event(12, IPL, utf16("console=ttyS0 ro quiet panic=5 lab=uki\0"))
        booted = self.before_linux(booted, [line])
        kernels = f'[kernel]\nkernels_within = ["sha384:{content.hex}", "{image}"]\n'
        old_one = f"sha384:{old.hex}"
        within = policy("applications", text=f"[applications]\nwithin = {json.dumps([*others, image, old_one])}\n")
        exactly = policy("applications",
                         text=f"[applications]\nexactly = {json.dumps([[*others, image], [*others, old_one]])}\n")
        self.assert_passes(head, events, exactly + kernels)
        # Its section, said to be what runs.
        for programs in (within, exactly):
            self.assert_falls({"policy.kernel.kernels"}, head, booted + good, programs + kernels)
        # And the image itself, put before the firmware's last word.
        end = next(i for i, e in enumerate(booted) if e.data == b"Exit Boot Services Invocation")
        self.assert_falls({"policy.applications.exactly"}, head, booted[:end] + [running] + booted[end:] + good,
                          exactly + kernels)

    def test_a_baseline_refuses_other_keys_of_the_owner(self):
        head, events = boot("sb")
        changed = [e.labelled(digests=digests(b"an evil list of keys")) if e.pcr == 14 else e for e in events]
        self.assert_falls({"policy.pcr/sha384:14"}, head, changed, self.baseline(head, events))

    # What the firmware says.

    def test_a_firmware_version_behind_a_boot_guard_record(self):
        head, events = boot("nosb")
        version = utf16("EDK II good firmware\0")
        rules = policy("platform", text=f'[platform]\nscrtm_versions = ["{version.hex()}"]\n')
        self.assert_falls({"policy.platform.scrtm"}, head, events, rules)
        forged = []
        for e in events:
            if e.pcr == 0 and e.type == S_CRTM_VERSION:
                e = e.labelled(type=S_CRTM_CONTENTS, data=b"boot block")
            elif e.pcr == 0 and e.type == SEPARATOR:
                e = e.labelled(type=S_CRTM_CONTENTS, data=b"FIT Type 0x2D Measured S-CRTM\0")
            forged.append(e)
        forged += [event(0, S_CRTM_VERSION, version), event(0, SEPARATOR, b"\0\0\0\0")]
        self.assert_falls({"boot.firmware.version"}, head, forged, rules)

    def test_an_sbat_level_behind_what_shim_vouched_for(self):
        head, events = boot("sb")
        rules = policy("secure_boot", text="[secure_boot]\nsbat_minimum = {shim = 9, grub = 9}\n")
        old = [e for e in events if not (e.pcr == 7 and utf16("Sbat") in e.data)]
        level = event(7, AUTHORITY, variable(SHIM, "SbatLevel", b"sbat,1,2030010100\nshim,9\ngrub,9\n"))
        self.assert_falls({"policy.secure_boot.sbat"}, head, old, rules)
        self.assert_falls({"policy.secure_boot.sbat"}, head, old + [level], rules)
        first = next(i for i, e in enumerate(old) if e.type == AUTHORITY and SHIM in e.data)
        self.assert_passes(head, old[:first] + [level] + old[first:], rules)

    # Who says it, and what is not said.

    def test_a_ca_of_somebodys_own_that_fills_the_rules_about_the_instance(self):
        if not shutil.which("openssl"):
            cases.missing("no openssl")
        vm = self.start_vm()
        said = json.loads(self.evidence(vm, "--format", "json"))
        (self.directory / "theirs.der").write_bytes(base64.b64decode(said["akCert"]))
        (self.directory / "extensions").write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            "1.3.6.1.4.1.11129.2.1.21=ASN1:SEQUENCE:instance\n[instance]\nzone=UTF8:us-central1-a\nnumber=INTEGER:5\n"
            "project=UTF8:bank-prod\nid=INTEGER:7\nname=UTF8:payroll\nsecurity=EXP:0,SEQUENCE:security\n"
            "[security]\nproduction=EXP:1,BOOLEAN:TRUE\n")

        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.directory)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
                "-subj", "/CN=Google Cloud CA", "-days", "30", "-addext", "keyUsage=critical,keyCertSign", "-out",
                "ca.pem")
        openssl("x509", "-inform", "DER", "-in", "theirs.der", "-pubkey", "-noout", "-out", "ak.pub")
        openssl("x509", "-new", "-subj", "/CN=AK", "-CA", "ca.pem", "-CAkey", "ca.key", "-force_pubkey", "ak.pub",
                "-days", "20", "-extfile", "extensions", "-outform", "DER", "-out", "ours.der")
        said["akCert"] = base64.b64encode((self.directory / "ours.der").read_bytes()).decode()
        said.pop("intermediateCerts", None)
        rules = policy("instance", text='[instance]\nprojects = ["bank-prod"]\nnames = ["payroll"]\nproduction = true\n')
        evidence, trust = json.dumps(said).encode(), self.directory / "ca.pem"
        judged = self.judge(evidence, trust, rules, "--format", "json")
        self.assertEqual({"policy.evidence.vendor"}, failing(judged))
        allowed = self.judge(evidence, trust, "evidence.allow_operator_trust = true\n" + rules, "--format", "json")
        self.assertEqual(set(), failing(allowed))

    def test_a_container_whose_log_is_withheld(self):
        """The launcher extends PCR 13; its log is not sent."""
        head, events = boot("nosb")
        vm = self.machine(head, events + [event(13, IPL, b"what the launcher measured")])
        sent = self.directory / "sent"
        sent.write_bytes(write(head, events))
        evidence = self.evidence(vm, log=sent)
        judged = self.judge(evidence, vm.ready["trust"], policy("container"))
        self.assertEqual({"policy.container.ruled"}, failing(judged))
        self.assertIn("PCR 13 was extended, and the evidence does not say by what",
                      [c["got"] for c in judged["checks"]])
        self.assertEqual(set(), failing(self.judge(evidence, vm.ready["trust"], policy())))

    def test_a_container_under_another_label(self):
        head, events = boot("nosb")
        for shown in (b"what the launcher measured", b"something else"):
            launched = event(13, IPL, shown, b"what the launcher measured")
            self.assert_falls({"policy.container.ruled"}, head, events + [launched], policy("container"))

    # Parameters of the kernel.

    def with_line(self, line):
        """nosb, booted by GRUB with this command line."""
        head, events = boot("nosb")
        old = b"/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=nosb"
        out = []
        for e in events:
            if e.pcr == 8 and old in e.data and b"menuentry" not in e.data:
                text = e.data.replace(old, b"/boot/vmlinuz root=/dev/ram0 " + line)
                e = event(8, IPL, text, text[text.index(b": ") + 2:].rstrip(b"\0"))
            elif e.pcr == 9 and b"LoadOptions" in e.data:
                e = e.labelled(digests=digests(b"BOOT_IMAGE=/boot/vmlinuz root=/dev/ram0 ".decode().encode("utf-16le")
                                               + line.decode("latin1").encode("utf-16le") + b"\0\0"))
            out.append(e)
        return head, out

    LINE = policy("kernel", text='[kernel]\nmust = ["lockdown=confidentiality", "ro"]\n'
                                 'must_not = ["init=*", "rw", "systemd.debug-shell"]\n')

    def test_parameters_hidden_from_must_not(self):
        self.assert_passes(*self.with_line(b"ro lockdown=confidentiality"), self.LINE)
        self.assert_falls({"policy.kernel.must_not"}, *self.with_line(b"ro lockdown=confidentiality init=/bin/sh"),
                          self.LINE)
        self.assert_falls({"policy.kernel.must_not"},
                          *self.with_line(b"ro lockdown=confidentiality 'systemd.debug-shell'"), self.LINE)
        for blank in (b"\xc2\xa0", b"\xa0"):
            with self.subTest(blank):
                self.assert_falls({"policy.kernel.must", "policy.kernel.must_not"},
                                  *self.with_line(b"ro lockdown=confidentiality quiet=" + blank + b"init=/bin/sh"),
                                  self.LINE)

    def test_parameters_that_the_kernel_does_not_take(self):
        for line in (b"ro -- lockdown=confidentiality", b"ro lockdown=confidentiality lockdown=none"):
            with self.subTest(line):
                self.assert_falls({"policy.kernel.must"}, *self.with_line(line), self.LINE)

    def test_a_condition_sees_the_line_and_not_its_print(self):
        rules = policy("kernel", text="[[condition]]\nname = 'no-init'\n"
                       "that = \"!kernel_command_line.matches('(^| )init=')\"\n")
        self.assert_passes(*self.with_line(b"ro quiet"), rules)
        for blank in (b" ", b"\t", b"\x0b"):
            with self.subTest(blank):
                self.assert_falls({"policy.condition/no-init"}, *self.with_line(b"ro" + blank + b"init=/bin/sh"), rules)


if __name__ == "__main__":
    cases.main()
