# SPDX-License-Identifier: Apache-2.0
"""Key enrolment with other people's TPMs and tools: swtpm with its own CA, tpm2-tools on either side."""
import base64
import hashlib
import json
import shutil
import struct
import subprocess
import time

from support import cases
from support.assay import BINARY, REJECTED, SOURCE, Case

NONCE = "00112233445566778899aabbccddeeff"
LOG = SOURCE / "tests" / "boots" / "sb" / "binary_bios_measurements"


def encoded(data):
    return base64.b64encode(data).decode()


def sized(data):
    return struct.pack(">H", len(data)) + data


class Enrolment(Case):
    def file(self, name):
        return self.directory / name

    def json_of(self, name):
        return json.loads(self.file(name).read_bytes())

    def failing(self, done):
        return {c["id"] for c in json.loads(done.stdout)["checks"] if c["verdict"] in ("fail", "not_checked")}


class Swtpm(Enrolment):
    """A TPM that swtpm_setup made, with an EK certificate of swtpm_localca's."""

    def setUp(self):
        super().setUp()
        for tool in ("swtpm", "swtpm_setup", "swtpm_localca"):
            if not shutil.which(tool):
                cases.missing(f"{tool} is not installed")
        self.ca = self.file("ca")
        self.ca.mkdir()
        self.file("localca.conf").write_text(
            f"statedir = {self.ca}\nsigningkey = {self.ca}/signkey.pem\nissuercert = {self.ca}/issuercert.pem\n"
            f"certserial = {self.ca}/certserial\n")
        self.file("localca.options").write_text(
            "--platform-manufacturer assay\n--platform-version 1\n--platform-model test\n")
        self.file("setup.conf").write_text(
            f"create_certs_tool = {shutil.which('swtpm_localca')}\n"
            f"create_certs_tool_config = {self.file('localca.conf')}\n"
            f"create_certs_tool_options = {self.file('localca.options')}\nactive_pcr_banks = sha256\n")
        self.socket = self.start_swtpm("one")
        self.root, self.issuer = self.ca / "swtpm-localca-rootca-cert.pem", self.ca / "issuercert.pem"

    def start_swtpm(self, name):
        state = self.file(name)
        state.mkdir()
        self.run_tool("swtpm_setup", "--tpm2", "--tpmstate", state, "--create-ek-cert", "--lock-nvram", "--config",
                      self.file("setup.conf"))
        socket = self.file(f"{name}.sock")
        swtpm = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--server", f"type=unixio,path={socket}",
             "--ctrl", f"type=unixio,path={socket}.ctrl", "--flags", "not-need-init,startup-clear"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(swtpm.wait)
        self.addCleanup(swtpm.kill)
        deadline = time.monotonic() + 60
        while not socket.exists():
            self.assertIsNone(swtpm.poll(), "swtpm ended")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        return socket

    def challenge(self, *trust, **more):
        return self.run_assay("tpm", "enroll", "challenge", "--input", self.file("request"), *trust, "--output",
                              self.file("challenge"), "--pending", self.file("pending"), "--json", **more)

    def request(self, *more):
        self.run_assay("tpm", "enroll", "request", "--output", self.file("request"), "--tpm-path", self.socket, *more)

    def test_enrolls_by_the_certificate_that_swtpm_has(self):
        for algo in ("rsa", "ecc"):
            with self.subTest(algo):
                self.request("--algo", algo)
                done = self.challenge("--trust", self.root, "--intermediates", self.issuer)
                said = json.loads(done.stdout)["enrollee"]
                self.assertEqual("CN=swtpm-localca-rootca", said["ek_voucher"])
                self.assertEqual("operator", said["provenance"])
                self.run_assay("tpm", "enroll", "answer", "--input", self.file("challenge"), "--output",
                               self.file("answer"), "--tpm-path", self.socket)
                self.run_assay("tpm", "enroll", "accept", "--input", self.file("answer"), "--pending",
                               self.file("pending"), "--output", self.file("ak"))
                self.run_assay("attest", "--algo", algo, "--nonce", NONCE, "--output", self.file("evidence"),
                               "--event-log", LOG, "--tpm-path", self.socket)
                done = self.run_assay("verify", "--input", self.file("evidence"), "--nonce", NONCE, "--trust-ak",
                                      self.file("ak"), "--json", code=REJECTED)  # the log is not of this TPM
                passed = {c["id"] for c in json.loads(done.stdout)["checks"] if c["verdict"] == "pass"}
                self.assertLessEqual({"ak.public.trusted", "ak.public.matches", "tpm.quote.signature/sha256"}, passed)

    def test_refuses_it_under_another_ca(self):
        self.request()
        unasked = {f"ek.revocation.{step}" for step in ("list", "signature", "complete", "fresh", "serial")}
        self.assertEqual({"ek.certificate.chain", "ek.certificate.issuers", *unasked},
                         self.failing(self.challenge("--trust", "google", code=REJECTED)))
        # The way to the root is not there.
        self.assertEqual({"ek.certificate.chain", "ek.certificate.issuers", *unasked},
                         self.failing(self.challenge("--trust", self.root, code=REJECTED)))
        self.assertFalse(self.file("challenge").exists())
        self.assertFalse(self.file("pending").exists())

    def test_another_tpm_of_the_same_maker_cannot_answer(self):
        self.request()
        self.challenge("--trust", self.issuer)
        other = self.start_swtpm("two")
        done = self.run_assay("tpm", "enroll", "answer", "--input", self.file("challenge"), "--output",
                              self.file("answer"), "--tpm-path", other, code=REJECTED)
        self.assertIn(b"for another TPM", done.stderr)
        self.assertFalse(self.file("answer").exists())


class Tpm2Tools(Enrolment):
    """tpm2-tools' own endorsement and attestation key, in our virtual VM."""

    def setUp(self):
        super().setUp()
        for tool in ("tpm2_makecredential", "tpm2_activatecredential"):
            if not shutil.which(tool):
                cases.missing("tpm2-tools is not installed")

    def inside_vm(self, script):
        return self.run_tool(BINARY, "emulate", "--state", self.file("vm"), "--", "sh", "-ec", script,
                             cwd=self.directory)

    def make_keys(self, algorithm):
        """ek.pub and ak.pub as TPM2B_PUBLIC; ek.ctx and ak.ctx are for the same power cycle only."""
        return f"""
            tpm2_createek -Q -c ek.ctx -G {algorithm} -u ek.pub
            tpm2_createak -Q -C ek.ctx -c ak.ctx -G ecc -g sha256 -s ecdsa -u ak.pem -f pem -n ak.name
            tpm2_readpublic -Q -c ak.ctx -f tss -o ak.pub
            tpm2_flushcontext -t
        """

    def test_activates_the_credential_that_we_make(self):
        """tpm2_activatecredential opens our challenge, and we accept what it gives out."""
        for algorithm in ("rsa", "ecc"):
            with self.subTest(algorithm):
                # All in one power cycle: contexts do not outlive it.
                self.file("convert.py").write_text(
                    "import base64, json, struct\n"
                    "sized = lambda b: struct.pack('>H', len(b)) + b\n"
                    "said = json.load(open('challenge'))\n"
                    "part = lambda name: sized(base64.b64decode(said[name]))\n"
                    "open('credential', 'wb').write(struct.pack('>II', 0xBADCC0DE, 1) + part('credential')\n"
                    "    + part('encrypted_seed'))\n")
                self.file("request.py").write_text(
                    "import base64, json\n"
                    "area = lambda name: base64.b64encode(open(name, 'rb').read()[2:]).decode()\n"
                    "json.dump({'assay_enrolment': 'request', 'ek_public': area('ek.pub'),\n"
                    "           'ak_public': area('ak.pub')}, open('request', 'w'))\n")
                self.inside_vm(self.make_keys(algorithm) + f"""
                    python3 request.py
                    {BINARY} tpm enroll challenge --input request --trust-ek ek.pub --output challenge --pending pending
                    python3 convert.py
                    tpm2_startauthsession -Q --policy-session -S session.ctx
                    tpm2_policysecret -Q -S session.ctx -c e
                    tpm2_activatecredential -Q -c ak.ctx -C ek.ctx -i credential -o secret -P session:session.ctx
                    tpm2_flushcontext -Q session.ctx
                """)
                secret = self.file("secret").read_bytes()
                self.assertEqual(32, len(secret))
                answer = {"assay_enrolment": "answer", "id": self.json_of("challenge")["id"]}
                self.file("answer").write_text(json.dumps({**answer, "secret": encoded(secret)}))
                self.run_assay("tpm", "enroll", "accept", "--input", self.file("answer"), "--pending",
                               self.file("pending"), "--output", self.file("enrolled"), "--key-format", "pem")
                self.assertEqual(self.file("ak.pem").read_text().split(), self.file("enrolled").read_text().split())

    def test_makes_credentials_that_we_open(self):
        """`assay tpm enroll answer` opens what tpm2_makecredential made, for our attestation key."""
        self.file("secret").write_bytes(b"thirty-two bytes, known to both!")
        for algo in ("rsa", "ecc"):
            with self.subTest(algo):
                self.run_tool(BINARY, "emulate", "--state", self.file("vm"), "--", BINARY, "tpm", "enroll", "request",
                              "--ek-algo", algo, "--algo", algo, "--output", self.file("request"))
                request = self.json_of("request")
                ek, ak = (base64.b64decode(request[name]) for name in ("ek_public", "ak_public"))
                self.file("ek.pub").write_bytes(sized(ek))
                name = b"\x00\x0b" + hashlib.sha256(ak).digest()
                self.run_tool("tpm2_makecredential", "-Q", "-T", "none", "-e", self.file("ek.pub"), "-s",
                              self.file("secret"), "-n", name.hex(), "-o", self.file("credential"))
                made = self.file("credential").read_bytes()
                self.assertEqual((0xBADCC0DE, 1), struct.unpack(">II", made[:8]))
                size = struct.unpack(">H", made[8:10])[0]
                blob, seed = made[10:10 + size], made[12 + size:]
                self.file("challenge").write_text(json.dumps({
                    "assay_enrolment": "challenge", "id": "00" * 16, "ek_public": encoded(ek),
                    "ak_public": encoded(ak), "credential": encoded(blob), "encrypted_seed": encoded(seed)}))
                self.run_tool(BINARY, "emulate", "--state", self.file("vm"), "--", BINARY, "tpm", "enroll", "answer",
                              "--input", self.file("challenge"), "--output", self.file("answer"))
                self.assertEqual(encoded(self.file("secret").read_bytes()), self.json_of("answer")["secret"])


if __name__ == "__main__":
    cases.main()
