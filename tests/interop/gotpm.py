# SPDX-License-Identifier: Apache-2.0
"""Google's gotpm, unmodified, in our virtual VM and against our service; each verifies what the other makes.

Which gotpm: ASSAY_GOTPM (several with colons between them), else the recorded clients beside the source, else PATH.
"""
import base64
import json
import os
import shutil

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from support import cases
from support.assay import BINARY, SOURCE, Case

NONCE = "00112233445566778899aabbccddeeff"
SECRET = b"a secret for later"


def named_gotpms():
    if os.environ.get("ASSAY_GOTPM"):
        return os.environ["ASSAY_GOTPM"].split(":")
    beside = sorted((SOURCE / ".." / "shared" / "clients").glob("gotpm-*"))
    return [str(p.resolve()) for p in beside] or list(filter(None, [shutil.which("gotpm")]))


class Gotpm(Case):
    def setUp(self):
        super().setUp()
        self.gotpms = named_gotpms()
        if not self.gotpms:
            cases.missing("no gotpm: name one in ASSAY_GOTPM or PATH")
        self.vm = self.start_vm()

    def each(self):
        for gotpm in self.gotpms:
            with self.subTest(os.path.basename(gotpm)):
                self.assertTrue(os.access(gotpm, os.X_OK), f"{gotpm} cannot be run")
                yield gotpm

    def has_flag(self, gotpm, command, flag):
        return flag.encode() in self.run_tool(gotpm, *command, "--help").stdout

    def inside_vm(self, *command, code=0, stdin=b""):
        """Runs a program as typed in a real VM: no flag, no environment of ours.

        The VM is the same as self.vm, which is therefore not running meanwhile.
        """
        self.assertEqual(0, self.vm.stop())
        return self.run_tool(BINARY, "emulate", "--state", self.directory / "vm", "--", *command, code=code,
                             stdin=stdin)

    def on_socket(self, gotpm, *words, stdin=b"", code=0):
        return self.run_tool(gotpm, *words, "--tpm-path", self.vm.ready["tpm_socket"], env=self.inside(self.vm),
                             stdin=stdin, code=code)

    def attest_each_way(self, key):
        for gotpm in self.each():
            for algo in ("rsa", "ecc"):
                for form in ("binarypb", "textproto"):
                    out = self.directory / f"{os.path.basename(gotpm)}.{algo}.{form}"
                    with self.subTest(algo=algo, form=form):
                        self.inside_vm(gotpm, "attest", "--key", key, "--algo", algo, "--format", form, "--nonce",
                                       NONCE, "--output", out)
                        yield gotpm, out, form

    def verify(self, out, form, *more, nonce=NONCE):
        done = self.run_assay("verify", "--input", out, "--format", form, "--nonce", nonce, "--trust",
                              self.vm.ready["trust"], "--json", *more, code=None)
        said = json.loads(done.stdout)
        self.assertEqual(0 if said["verdict"] == "accepted" else 1, done.returncode)
        return said

    def failing(self, said):
        return {c["id"].split("/")[0] for c in said["checks"] if c["verdict"] in ("fail", "not_checked")}

    def test_attests_with_googles_key(self):
        for _, out, form in self.attest_each_way("gceAK"):
            self.assertEqual("accepted", self.verify(out, form)["verdict"])
            self.assertEqual({"tpm.quote.nonce"}, self.failing(self.verify(out, form, nonce="00" * 16)))

    def test_attests_with_its_own_key(self):
        """Nobody certified that key: our verifier says so, and the debugging one takes it as it is."""
        for gotpm, out, form in self.attest_each_way("AK"):
            said = self.verify(out, form)
            self.assertEqual("rejected", said["verdict"])
            self.assertTrue(any(c.startswith("ak.") for c in self.failing(said)), self.failing(said))
            ours = self.run_assay("verify", "debug", "--input", out, "--format", form, "--nonce", NONCE).stdout
            theirs = self.run_tool(gotpm, "verify", "debug", "--input", out, "--format", form, "--nonce", NONCE).stdout
            for words in (b"secure_boot", b"grub", b"raw_events"):
                self.assertIn(words, ours)
                self.assertIn(words, theirs)
            self.run_assay("verify", "debug", "--input", out, "--format", form, "--nonce", "00" * 16, code=1)

    def test_verifies_what_we_attest(self):
        for gotpm in self.each():
            for key in ("AK", "gceAK"):
                for algo in ("rsa", "ecc"):
                    for form in ("binarypb", "textproto"):
                        with self.subTest(key=key, algo=algo, form=form):
                            out = self.directory / "ours"
                            self.run_assay("attest", "--key", key, "--algo", algo, "--format", form, "--nonce", NONCE,
                                           "--tpm-path", self.vm.ready["tpm_socket"], "--event-log",
                                           self.vm.ready["event_log"], "--output", out, env=self.inside(self.vm))
                            state = self.run_tool(gotpm, "verify", "debug", "--input", out, "--format", form,
                                                  "--nonce", NONCE).stdout
                            self.assertIn(b"secure_boot", state)
                            self.run_tool(gotpm, "verify", "debug", "--input", out, "--format", form, "--nonce",
                                          "00" * 16, code=1)

    def test_gets_tokens_from_our_service_inside_the_vm(self):
        service = self.start_service(self.vm.ready["trust"])
        for gotpm in self.each():
            for algo in ("rsa", "ecc"):
                with self.subTest(algo=algo):
                    done = self.inside_vm(gotpm, "token", "--verifier-endpoint", service.ready["url"], "--audience",
                                          "interop", "--algo", algo)
                    self.assertEqual(b"", done.stderr)
                    self.assert_valid(done.stdout.decode(), service)

    def test_gets_tokens_from_our_service_on_the_socket(self):
        service = self.start_service(self.vm.ready["trust"])
        for gotpm in self.each():
            if not self.has_flag(gotpm, ["token"], "--event-log"):
                continue  # v0.4.4 knows the kernel's path only: the case above
            for algo in ("rsa", "ecc"):
                with self.subTest(algo=algo):
                    done = self.on_socket(gotpm, "token", "--verifier-endpoint", service.ready["url"], "--audience",
                                          "interop", "--algo", algo, "--event-log", self.vm.ready["event_log"],
                                          "--custom-nonce", "nonce-number-one", "--custom-nonce", "nonce-number-two")
                    claims = self.assert_valid(done.stdout.decode(), service)
                    self.assertEqual({"nonce-number-one", "nonce-number-two"}, set(claims["eat_nonce"]))

    def assert_valid(self, printed, service):
        """As any relying party would: from the discovery document."""
        self.assertTrue(printed.endswith("\n"))
        token, url = printed.strip(), service.ready["url"]
        key = jwt.PyJWKClient(url + "/.well-known/jwks").get_signing_key_from_jwt(token).key
        claims = jwt.decode(token, key, algorithms=["RS256"], audience="interop", issuer=url,
                            options={"require": ["exp", "iat", "nbf", "iss", "aud", "sub"]})
        self.assertEqual("enabled", claims["dbgstat"])
        self.assertEqual(self.vm.ready["project"], claims["submods"]["gce"]["project_id"])
        self.assertEqual(str(self.vm.ready["instance_id"]), claims["submods"]["gce"]["instance_id"])
        return claims

    def test_shows_what_our_service_says_of_an_error(self):
        service = self.start_service(self.vm.ready["trust"])
        for gotpm in self.each():
            if not self.has_flag(gotpm, ["token"], "--event-log"):
                continue
            done = self.on_socket(gotpm, "token", "--verifier-endpoint", service.ready["url"], "--audience", "x" * 600,
                                  "--event-log", self.vm.ready["event_log"], code=1)
            self.assertIn(b"googleapi: Error 400: ", done.stderr)
            self.assertIn(b"audience", done.stderr)

    def test_reads_public_keys(self):
        for gotpm in self.each():
            pems = {}
            for hierarchy in ("endorsement", "owner"):
                for algo in ("rsa", "ecc"):
                    pem = self.on_socket(gotpm, "pubkey", hierarchy, "--algo", algo).stdout
                    serialization.load_pem_public_key(pem)
                    pems[hierarchy, algo] = pem
            self.assertEqual(4, len(set(pems.values())))
            for template, certificate in (("0x01c10001", "0x01c10000"), ("0x01c10003", "0x01c10002")):
                pem = self.on_socket(gotpm, "pubkey", "endorsement", "--index", template).stdout
                der = self.on_socket(gotpm, "read", "nvdata", "--index", certificate).stdout
                key = x509.load_der_x509_certificate(der).public_key()
                self.assertEqual(key.public_bytes(serialization.Encoding.PEM,
                                                  serialization.PublicFormat.SubjectPublicKeyInfo), pem)

    def test_reads_pcrs(self):
        attested = json.loads(self.run_assay(
            "attest", "--key", "AK", "--algo", "ecc", "--nonce", NONCE, "--format", "json", "--tpm-path",
            self.vm.ready["tpm_socket"], "--event-log", self.vm.ready["event_log"]).stdout)
        expected = {(quote["pcrs"]["hash"], int(index)): base64.b64decode(value).hex().upper()
                    for quote in attested["quotes"] for index, value in quote["pcrs"]["pcrs"].items()}
        for gotpm in self.each():
            found, bank = {}, None
            for line in self.on_socket(gotpm, "read", "pcr").stdout.decode().splitlines():
                if line.startswith(" "):
                    index, value = line.split(":")
                    found[bank, int(index)] = value.strip().removeprefix("0x")
                else:
                    bank = line.strip(":")
            self.assertEqual(expected, found)
            one = self.on_socket(gotpm, "read", "pcr", "--hash-algo", "sha256", "--pcrs", "0,7").stdout.decode()
            self.assertEqual(3, len(one.splitlines()), one)

    def test_seals_and_unseals(self):
        sealed, secret = self.directory / "sealed", self.directory / "secret"
        secret.write_bytes(SECRET)
        for gotpm in self.each():
            for pcrs in ((), ("--pcrs", "0,7")):
                for algo in ("rsa", "ecc"):
                    with self.subTest(pcrs=pcrs, algo=algo):
                        self.on_socket(gotpm, "seal", "--input", secret, "--output", sealed, "--algo", algo, *pcrs)
                        self.assertEqual(SECRET, self.on_socket(gotpm, "unseal", "--input", sealed).stdout)

    def test_registers_with_our_verifier_and_we_with_theirs(self):
        """Each makes challenges that the other solves, and each verifies what the other made."""
        ours = lambda *words, **more: self.run_assay("tpm", "register", *words, **more)
        in_vm = ("--tpm-path", self.vm.ready["tpm_socket"])
        ek, blob, secret, certified = (self.directory / name for name in ("ek", "blob", "secret", "certified"))
        self.run_assay("tpm", "pubkey", "endorsement", "--key-format", "tpmt-public", "--output", ek, *in_vm)
        tried = 0
        for gotpm in self.each():
            if b"register" not in self.run_tool(gotpm, "--help").stdout:
                continue
            self.assertEqual(ek.read_bytes(), self.on_socket(gotpm, "pubkey", "endorsement", "--key-format",
                                                             "tpmt-public").stdout)
            theirs = lambda *words, **more: self.on_socket(gotpm, "register", *words, **more)
            create = ("create-challenge", "--input", ek, "--output", blob, "--secret-output", secret)
            for algo in ("rsa", "ecc"):
                solve = ("solve-challenge", "--input", blob, "--output", certified, "--algo", algo)
                verify = ("verify-challenge", "--input", certified, "--secret-input", secret)
                for make, answer in ((ours, theirs), (theirs, ours)):
                    with self.subTest(algo=algo, makes="ours" if make is ours else "theirs"):
                        make(*create)
                        answer(*solve, *(in_vm if answer is ours else ()))
                        ours(*verify)
                        theirs(*verify)
                        flipped = bytearray(certified.read_bytes())
                        flipped[-1] ^= 1  # of the HMAC
                        certified.write_bytes(flipped)
                        ours(*verify, code=1)
                        theirs(*verify, code=1)
                        tried += 1
        self.assertEqual(4, tried, "no gotpm that has `register`")

    def test_leaks_of_its_failures_do_not_fill_the_tpm(self):
        """v0.4.7 leaves its key loaded when a token fails late; a TPM with three slots is full after three."""
        service = self.start_service(self.vm.ready["trust"])
        for gotpm in self.each():
            if not self.has_flag(gotpm, ["token"], "--event-log"):
                continue
            words = ("token", "--verifier-endpoint", service.ready["url"], "--audience", "interop", "--algo", "ecc",
                     "--event-log")
            for _ in range(6):
                self.on_socket(gotpm, *words, self.directory / "no-such-log", code=1)
            self.on_socket(gotpm, *words, self.vm.ready["event_log"])

    def test_flushes_handles(self):
        for gotpm in self.each():
            for kind in ("transient", "loaded", "saved", "all"):
                self.assertIn(b"handles flushed", self.on_socket(gotpm, "flush", kind).stdout)


if __name__ == "__main__":
    cases.main()
