# SPDX-License-Identifier: Apache-2.0
"""`assay verify --crl`: revocation lists that OpenSSL's `openssl ca` makes with the CA of a virtual VM."""
import base64
import json
import shutil
import subprocess

from support import cases
from support.assay import ACCEPTED, REJECTED, USAGE, Case

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


class Revocation(Case):
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
        self.serial = self.openssl("x509", "-inform", "DER", "-in", certificate, "-noout", "-serial").strip().split("=")[1]

    def openssl(self, *words):
        return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, text=True).stdout

    def crl(self, ca, *revoked, hours="24", days=None):
        """A list by the VM's `ca`; the file."""
        home = self.directory / f"{ca}-{len(revoked)}-{hours}-{days}"
        home.mkdir()
        (home / "index.txt").write_text("".join(f"R\t400101000000Z\t230101000000Z\t{serial}\tunknown\t/CN=AK\n"
                                                for serial in revoked))
        (home / "crlnumber").write_text("01\n")
        place = self.directory / "vm" / "ca"
        (home / "ca.cnf").write_text(CONFIG.format(home, place / f"{ca}.key", place / f"{ca}.pem"))
        until = ("-crldays", days) if days else ("-crlhours", hours)
        self.openssl("ca", "-gencrl", "-config", home / "ca.cnf", *until, "-out", home / "crl.pem")
        return home / "crl.pem"

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
        self.openssl("crl", "-in", self.crl("intermediate"), "-outform", "DER", "-out", der)
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

    def test_one_flipped_byte(self):
        der = self.directory / "crl.der"
        self.openssl("crl", "-in", self.crl("intermediate"), "-outform", "DER", "-out", der)
        data = bytearray(der.read_bytes())
        data[-1] ^= 1
        der.write_bytes(data)
        self.assertEqual("fail", self.verify("--crl", der, code=REJECTED)["ak.revocation.signature"])

    def test_wrong_flags(self):
        crl = self.crl("root")
        self.run_assay("verify", "--nonce", NONCE, "--trust-ak", crl, "--crl", crl, stdin=b"", code=USAGE)
        self.run_assay("verify", "--nonce", NONCE, "--crl-max-age", "0", stdin=b"", code=USAGE)
        done = self.run_assay("verify", "--nonce", NONCE, "--crl", self.vm.ready["trust"], stdin=b"", code=REJECTED)
        self.assertIn("trust.json", done.stderr.decode())


if __name__ == "__main__":
    cases.main()
