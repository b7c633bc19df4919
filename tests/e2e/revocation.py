# SPDX-License-Identifier: Apache-2.0
"""`--crl` of `assay verify` and `assay serve`: lists that OpenSSL's `openssl ca` makes with the CA of a virtual VM."""
import base64
import json
import shutil
import subprocess
import time

from support import cases
from support.assay import ACCEPTED, PATIENCE, REJECTED, UNAVAILABLE, USAGE, Case

NONCE = "00112233445566778899aabbccddeeff"
CONFIG = """[ca]
default_ca = own
[own]
database = {0}/index.txt
crlnumber = {0}/crlnumber
default_md = sha256
private_key = {1}
certificate = {2}
"""


def openssl(*words):
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, text=True).stdout


def make_list(home, place, ca, revoked, number, times):
    """A list by the CA whose key and certificate are at `place`, made in the empty directory `home`; the file."""
    (home / "index.txt").write_text("".join(f"R\t400101000000Z\t230101000000Z\t{serial}\tunknown\t/CN=AK\n"
                                            for serial in revoked))
    (home / "crlnumber").write_text(f"{number}\n")
    (home / "ca.cnf").write_text(CONFIG.format(home, place / f"{ca}.key", place / f"{ca}.pem"))
    openssl("ca", "-gencrl", "-config", home / "ca.cnf", *times, "-out", home / "crl.pem")
    return home / "crl.pem"


class WithLists(Case):
    """A virtual VM whose AK can be revoked."""

    def setUp(self):
        super().setUp()
        if not shutil.which("openssl"):
            cases.missing("no openssl")
        self.vm = self.start_vm()
        done = self.run_assay("attest", "--key", "gceAK", "--nonce", NONCE, "--format", "json", "--tpm-path",
                              self.vm.ready["tpm_socket"], "--event-log", self.vm.ready["event_log"],
                              env=self.inside(self.vm))
        self.evidence = done.stdout
        certificate = self.directory / "ak.der"
        certificate.write_bytes(base64.b64decode(json.loads(self.evidence)["akCert"]))
        self.serial = openssl("x509", "-inform", "DER", "-in", certificate, "-noout", "-serial").strip().split("=")[1]

    def crl(self, ca, *revoked, hours="24", since=None, until=None, number="01"):
        """A list by the VM's `ca`; the file."""
        home = self.directory / f"{ca}-{len(revoked)}-{hours}-{since}-{until}-{number}"
        home.mkdir()
        times = ("-crl_nextupdate", until) if until else ("-crlhours", hours)
        if since or until:
            times += ("-crl_lastupdate", since or "20200101000000Z")
        return make_list(home, self.directory / "vm" / "ca", ca, revoked, number, times)

    def forged_crl(self, number):
        """A list of the intermediate CA by its name, signed with a key of somebody else; the file."""
        forger, home = self.directory / "forger", self.directory / "forged"
        forger.mkdir()
        home.mkdir()
        subject = openssl("x509", "-in", self.directory / "vm" / "ca" / "intermediate.pem", "-noout", "-subject",
                          "-nameopt", "RFC2253").strip().split("=", 1)[1]
        name = "".join("/" + part.replace("/", "\\/") for part in reversed(subject.split(",")))
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", forger / "intermediate.key", "-subj", name,
                "-out", forger / "intermediate.pem")
        return make_list(home, forger, "intermediate", (), number, ("-crlhours", "24"))


class Revocation(WithLists):
    def verify(self, *flags, code):
        done = self.run_assay("verify", "--format", "json", "--nonce", NONCE, "--trust", self.vm.ready["trust"],
                              "--json", *flags, stdin=self.evidence, code=code)
        return {c["id"]: c["verdict"] for c in json.loads(done.stdout)["checks"]}

    def test_a_list_that_names_nobody(self):
        said = self.verify("--crl", self.crl("intermediate"), "--require-crl", code=ACCEPTED)
        for check in ("list", "signature", "complete", "fresh", "serial"):
            self.assertEqual("pass", said[f"ak.revocation.{check}"], check)

    def test_a_list_in_der_and_one_that_nobody_asks_about(self):
        der = self.directory / "crl.der"
        openssl("crl", "-in", self.crl("intermediate"), "-outform", "DER", "-out", der)
        said = self.verify("--crl", der, "--crl", self.crl("root"), "--require-crl", code=ACCEPTED)
        self.assertEqual("pass", said["ak.revocation.serial"])

    def test_no_list(self):
        self.assertEqual("absent", self.verify(code=ACCEPTED)["ak.revocation.list"])
        self.assertEqual("fail", self.verify("--require-crl", code=REJECTED)["ak.revocation.list"])
        root = self.crl("root")
        self.assertEqual("fail", self.verify("--require-crl", "--crl", root, code=REJECTED)["ak.revocation.list"])

    def test_a_revoked_key(self):
        crl = self.crl("intermediate", "00AB", self.serial)
        for more in ((), ("--require-crl",)):
            self.assertEqual("fail", self.verify("--crl", crl, *more, code=REJECTED)["ak.revocation.serial"])

    def test_another_revoked_key(self):
        self.assertEqual("pass", self.verify("--crl", self.crl("intermediate", "00AB"), code=ACCEPTED)["ak.revocation.serial"])

    def test_a_stale_list(self):
        crl = self.crl("intermediate", hours="1")
        late = ("--now", "2050-01-01T00:00:00Z")
        said = self.verify("--crl", crl, "--require-crl", *late, code=REJECTED)
        self.assertEqual("fail", said["ak.revocation.fresh"])

    def test_a_list_that_another_supersedes(self):
        old = self.crl("intermediate", number="04")
        newer = self.crl("intermediate", since="20240101000000Z", until="20250101000000Z", number="05")
        self.verify("--crl", old, "--require-crl", code=ACCEPTED)
        for lists in ((old, newer), (newer, old)):
            said = self.verify("--crl", lists[0], "--crl", lists[1], "--require-crl", code=REJECTED)
            self.assertEqual("absent", said["ak.revocation.number"])
            self.assertEqual("fail", said["ak.revocation.fresh"])

    def test_one_flipped_byte(self):
        der = self.directory / "crl.der"
        openssl("crl", "-in", self.crl("intermediate"), "-outform", "DER", "-out", der)
        data = bytearray(der.read_bytes())
        data[-1] ^= 1
        der.write_bytes(data)
        self.assertEqual("fail", self.verify("--crl", der, code=REJECTED)["ak.revocation.signature"])

    def test_wrong_flags(self):
        crl = self.crl("root")
        self.run_assay("verify", "--nonce", NONCE, "--trust-ak", crl, "--crl", crl, stdin=b"", code=USAGE)
        self.run_assay("verify", "--nonce", NONCE, "--crl-max-age", "0", stdin=b"", code=USAGE)
        done = self.run_assay("verify", "--nonce", NONCE, "--crl", self.vm.ready["trust"], stdin=b"", code=USAGE)
        self.assertIn("trust.json", done.stderr.decode())


class RevocationOfTheService(WithLists):
    def serve(self, *flags):
        return self.start_service(self.vm.ready["trust"], *flags)

    def token(self, service, code=ACCEPTED):
        done = self.run_assay("token", "--verifier-endpoint", service.ready["url"], "--tpm-path",
                              self.vm.ready["tpm_socket"], "--event-log", self.vm.ready["event_log"], "--audience",
                              "a", env=self.inside(self.vm), code=code)
        return done.stdout.decode().strip() or done.stderr.decode()

    def failed(self):
        """The failed checks of the last rejection, as the audit log has them."""
        rejections = [r for r in self.records(self.directory / "service")
                      if r["jsonPayload"]["event"] == "attestation.rejected"]
        return rejections[-1]["jsonPayload"]["failed"]

    def publish(self, source):
        """Puts a list where the service reads it, whole or not at all."""
        fresh = self.directory / "fresh"
        shutil.copy(source, fresh)
        fresh.rename(self.directory / "live.crl")
        return self.directory / "live.crl"

    def refuses_until_told(self, service, words, times):
        """The key is refused until the operator was told so often, and then still."""
        deadline = time.monotonic() + PATIENCE
        while service.errors().count(words) < times and time.monotonic() < deadline:
            self.assertIn("ak.revocation.serial", self.token(service, code=REJECTED))
        self.assertEqual(times, service.errors().count(words))
        self.assertIn("ak.revocation.serial", self.token(service, code=REJECTED))

    def comes_to_accept(self, service):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and "ak.revocation" in self.token(service, code=None):
            pass
        self.assertEqual(3, len(self.token(service).split(".")))

    def test_service_refuses_a_revoked_key(self):
        service = self.serve("--crl", self.crl("intermediate", self.serial))
        self.assertIn("ak.revocation.serial", self.token(service, code=REJECTED))
        self.assertEqual(["ak.revocation.serial"], self.failed())

    def test_service_follows_the_file(self):
        live = self.publish(self.crl("intermediate", "00AB"))
        service = self.serve("--crl", live, "--require-crl")
        self.assertEqual(3, len(self.token(service).split(".")))
        live.write_bytes(b"half of a li")  # what it had stays
        self.assertEqual(3, len(self.token(service).split(".")))
        self.publish(self.crl("intermediate", "00AB", self.serial))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if "ak.revocation.serial" in self.token(service, code=None):
                break
        self.assertEqual(["ak.revocation.serial"], self.failed())

    def test_service_keeps_the_list_of_the_higher_number(self):
        live = self.publish(self.crl("intermediate", self.serial, number="05"))
        service = self.serve("--crl", live)
        self.assertIn("ak.revocation.serial", self.token(service, code=REJECTED))
        self.publish(self.crl("intermediate", number="04"))  # made later, so of a later thisUpdate
        self.refuses_until_told(service, "as new as the one in use", 1)
        self.publish(self.crl("intermediate", "00AB", number="06"))
        self.comes_to_accept(service)

    def test_service_keeps_the_list_that_its_CA_signed(self):
        # Lists are fetched over plain HTTP: whoever forges one displaces nothing, whatever its number.
        old = self.crl("intermediate", since="20240101000000Z", until="20991231000000Z", number="04")
        used = self.crl("intermediate", self.serial, since="20250101000000Z", until="20991231000000Z", number="05")
        forged = self.forged_crl(number="99")
        both = self.directory / "both.pem"
        both.write_text(forged.read_text() + old.read_text())
        service = self.serve("--crl", self.publish(used), "--require-crl")
        self.assertIn("ak.revocation.serial", self.token(service, code=REJECTED))
        for read, file in enumerate((forged, old, both), start=1):
            self.publish(file)
            self.refuses_until_told(service, "which stays", read)
        self.publish(self.crl("intermediate", "00AB", number="06"))
        self.comes_to_accept(service)

    def test_service_and_a_stale_list(self):
        stale = self.crl("intermediate", until="20200102000000Z")
        tolerant = self.serve("--crl", stale)
        self.assertEqual(3, len(self.token(tolerant).split(".")))
        tolerant.stop()
        strict = self.serve("--crl", stale, "--require-crl")
        self.assertIn("ak.revocation.fresh", self.token(strict, code=REJECTED))
        self.assertEqual(["ak.revocation.fresh"], self.failed())

    def test_service_and_an_old_list(self):
        crl = self.crl("intermediate", since="20250101000000Z", until="20991231000000Z")
        service = self.serve("--crl", crl, "--require-crl", "--crl-max-age", "86400")
        self.assertIn("ak.revocation.fresh", self.token(service, code=REJECTED))

    def test_service_without_the_list_it_needs(self):
        service = self.serve("--require-crl")
        self.assertIn("ak.revocation.list", self.token(service, code=REJECTED))

    def test_service_and_a_file_that_is_no_list(self):
        words = ("serve", "--dev", "--trust", self.vm.ready["trust"], "--listen", "127.0.0.1:0", "--state",
                 self.directory / "s", "--crl")
        self.assertIn(b"trust.json", self.run_assay(*words, self.vm.ready["trust"], code=USAGE).stderr)
        self.assertIn(b"none.crl", self.run_assay(*words, self.directory / "none.crl", code=UNAVAILABLE).stderr)


if __name__ == "__main__":
    cases.main()
