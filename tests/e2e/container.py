# SPDX-License-Identifier: Apache-2.0
"""A machine that started a container as Container-Optimized OS does: its launcher's canonical log, and PCR 13 really
extended and quoted."""
import base64
import hashlib
import json
import struct

from support import cases
from support.assay import ACCEPTED, REJECTED, Case
from support.boot_log import BANKS, IPL, Event, digests, read, write
from support.recorded_boot import BOOTS, NONCE

IMAGE, DIGEST, RESTART, IMAGE_ID, ARGUMENT, ENVIRONMENT, OVERRIDE_ARGUMENT, OVERRIDE_ENVIRONMENT, SEPARATOR = range(9)
STARTED = [(IMAGE, "docker.io/library/x:1"), (DIGEST, "sha256:" + "77" * 32), (RESTART, "Never"),
           (IMAGE_ID, "sha256:" + "88" * 32), (ARGUMENT, "/bin/x"), (ENVIRONMENT, "HOME=/"), (SEPARATOR, "")]


def tlv(kind, value):
    return struct.pack(">BI", kind, len(value)) + value


def content(kind, text):
    return tlv(80, tlv(kind, text.encode()))


def log(records, pcr=13):
    """A canonical event log in TLV with digests of three banks."""
    out = b""
    for number, (kind, text) in enumerate(records):
        measured = content(kind, text)
        values = b"".join(tlv(algorithm, hashlib.new(bank, measured).digest()) for algorithm, bank in BANKS.items())
        out += tlv(0, struct.pack(">Q", number)) + tlv(1, bytes([pcr])) + tlv(3, values) + measured
    return out


class Container(Case):
    def setUp(self):
        super().setUp()
        head, events = read((BOOTS / "sb" / "binary_bios_measurements").read_bytes())
        boot = self.directory / "boot"
        boot.mkdir()
        extended = [Event(13, IPL, digests(content(*record)), b"") for record in STARTED]
        (boot / "binary_bios_measurements").write_bytes(write(head, events + extended))
        vm = self.start("emulate", "--listen", "127.0.0.1:0", "--boot", boot)
        firmware = self.directory / "log"
        firmware.write_bytes(write(head, events))
        done = self.run_assay("attest", "--key", "gceAK", "--algo", "ecc", "--nonce", NONCE, "--format", "json",
                              "--tpm-path", vm.ready["tpm_socket"], "--event-log", firmware, env=self.inside(vm))
        self.evidence, self.trust = json.loads(done.stdout), vm.ready["trust"]

    def verify(self, launcher, *flags, code=ACCEPTED):
        evidence = dict(self.evidence)
        if launcher is not None:
            evidence["canonicalEventLog"] = base64.b64encode(launcher).decode()
        done = self.run_assay("verify", "--format", "json", "--nonce", NONCE, "--trust", self.trust, "--json", *flags,
                              code=code, stdin=json.dumps(evidence).encode())
        return json.loads(done.stdout)

    def falls(self, launcher, *checks, flags=()):
        said = self.verify(launcher, *flags, code=REJECTED)
        self.assertEqual(set(checks), {c["id"].split("/")[0] for c in said["checks"] if c["verdict"] == "fail"})
        return said

    def test_what_was_started(self):
        said = self.verify(log(STARTED))
        cos = said["claims"]["cos"]
        self.assertEqual(("docker.io/library/x:1", "sha256:" + "77" * 32, ["/bin/x"], {"HOME": "/"}, True),
                         tuple(cos[n] for n in ("image_reference", "image_digest", "args", "env", "launched")))
        explained = [c for c in said["checks"] if c["id"].startswith("eventlog.pcrs.explained/")]
        self.assertEqual(["pass"] * 3, [c["verdict"] for c in explained])

    def test_without_its_log_the_register_is_not_explained(self):
        said = self.verify(None)
        self.assertNotIn("cos", said["claims"])
        explained = [c for c in said["checks"] if c["id"].startswith("eventlog.pcrs.explained/")]
        self.assertEqual(["absent"] * 3, [c["verdict"] for c in explained])
        for check in explained:
            self.assertIn("PCR 13", check["got"])

    def test_forged_logs(self):
        other = [(kind, text.replace("77", "99")) for kind, text in STARTED]
        self.falls(log(other), "cel.pcrs.replayed")
        self.falls(log(STARTED[:-1]), "cel.pcrs.replayed")
        self.falls(log([STARTED[1], STARTED[0], *STARTED[2:]]), "cel.pcrs.replayed")
        # The digests as they were measured, the words changed.
        self.falls(log(STARTED).replace(b"/x:1", b"/y:1"), "cel.cos.measured")
        self.falls(log(STARTED, pcr=14), "cel.pcrs.replayed", "cel.cos.register")
        self.falls(log(STARTED)[:-1], "cel.log.format")

    def test_a_policy_about_it(self):
        areas = ("platform", "secure_boot", "applications", "kernel", "instance", "drivers")
        policy = self.directory / "policy.toml"

        def asks(digest):
            policy.write_text(f"accept_any = {json.dumps(areas)}\nevidence.allow_emulated = true\n"
                              f'container.image_digests = ["sha256:{digest * 32}"]\n')
            return "--policy", policy
        self.verify(log(STARTED), *asks("77"))
        self.falls(log(STARTED), "policy.container.digest", flags=asks("99"))
        self.falls(None, "policy.container.digest", flags=asks("77"))
        policy.write_text(f"accept_any = {json.dumps(areas)}\nevidence.allow_emulated = true\n")
        self.falls(log(STARTED), "policy.container.ruled", flags=("--policy", policy))
        self.falls(None, "policy.container.ruled", flags=("--policy", policy))


if __name__ == "__main__":
    cases.main()
