# SPDX-License-Identifier: Apache-2.0
"""A VM without an AK certificate becomes known to a verifier, by its endorsement key: docs/enrolment.md as it is run."""
import base64
import json
import stat

import revocation
from support import cases
from support.assay import ACCEPTED, REJECTED, UNAVAILABLE, USAGE, Case

NONCE = "00112233445566778899aabbccddeeff"


class Enrolment(Case):
    def setUp(self):
        super().setUp()
        self.vm = self.start_vm()

    def file(self, name):
        return self.directory / name

    def enroll(self, step, *more, code=ACCEPTED):
        return self.run_assay("tpm", "enroll", step, *more, code=code)

    def in_vm(self, vm=None):
        return ("--tpm-path", (vm or self.vm).ready["tpm_socket"])

    def request(self, *more, vm=None):
        self.enroll("request", "--output", self.file("request"), *self.in_vm(vm), *more)

    def challenge(self, *more, trust=None, code=ACCEPTED):
        trust = trust or ("--dev", "--trust", self.vm.ready["trust"])
        done = self.enroll("challenge", "--input", self.file("request"), *trust, "--output", self.file("challenge"),
                           "--pending", self.file("pending"), "--json", *more, code=code)
        return json.loads(done.stdout) if done.stdout else done

    def answer(self, vm=None, code=ACCEPTED):
        return self.enroll("answer", "--input", self.file("challenge"), "--output", self.file("answer"),
                           *self.in_vm(vm), code=code)

    def accept(self, *more, code=ACCEPTED):
        done = self.enroll("accept", "--input", self.file("answer"), "--pending", self.file("pending"), "--output",
                           self.file("ak"), "--json", *more, code=code)
        return json.loads(done.stdout) if done.stdout else done

    def failed(self, said):
        return [c["id"] for c in said["checks"] if c["verdict"] == "fail"]

    def changed(self, name, **members):
        said = json.loads(self.file(name).read_bytes())
        self.file(name).write_text(json.dumps({**said, **members}))

    def verify(self, *attest, code=ACCEPTED):
        evidence = self.file("evidence")
        self.run_assay("attest", "--nonce", NONCE, "--output", evidence, "--event-log", self.vm.ready["event_log"],
                       *self.in_vm(), *attest)
        return json.loads(self.run_assay("verify", "--input", evidence, "--nonce", NONCE, "--trust-ak",
                                         self.file("ak"), "--json", code=code).stdout)

    def test_makes_a_vm_known_by_each_endorsement_key(self):
        for ek in ("rsa", "ecc"):
            for algo in ("rsa", "ecc"):
                with self.subTest(ek=ek, algo=algo):
                    self.request("--ek-algo", ek, "--algo", algo)
                    said = self.challenge()
                    self.assertEqual("accepted", said["verdict"])
                    self.assertEqual("emulated", said["enrollee"]["provenance"])
                    self.answer()
                    enrolled = self.accept()
                    self.assertEqual({"ak_fingerprint": said["enrollee"]["ak_fingerprint"], "provenance": "emulated"},
                                     enrolled["key"])
                    record = json.loads(self.file("ak").read_bytes())
                    self.assertEqual(("key", True, said["enrollee"]["ek_fingerprint"], said["enrollee"]["ek_voucher"]),
                                     tuple(record[m] for m in ("assay_enrolment", "emulated", "ek_fingerprint",
                                                               "ek_voucher")))
                    verified = self.verify("--algo", algo)
                    self.assertEqual("accepted", verified["verdict"])
                    self.assertEqual(("emulated", True),
                                     (verified["claims"]["provenance"], verified["claims"]["emulated"]))

    def test_the_mark_of_an_emulated_machine_stays(self):
        self.request()
        self.challenge()
        self.answer()
        for key_format in ("tpmt-public", "pem"):  # which have no room for it
            done = self.accept("--key-format", key_format, code=USAGE)
            self.assertIn(b"--key-format", done.stderr)
            self.assertTrue(self.file("pending").exists())
            self.assertFalse(self.file("ak").exists())
        self.accept()
        serve = ("serve", "--trust", "google", "--listen", "127.0.0.1:0", "--state", self.file("s"), "--trust-ak")
        done = self.run_assay(*serve, self.file("ak"), code=USAGE)
        self.assertIn(b"add --dev", done.stderr)
        # Nor by another file that says less of the same key, in either order.
        area = base64.b64decode(json.loads(self.file("ak").read_bytes())["ak_public"])
        self.file("bare").write_bytes(area)
        evidence = self.file("evidence")
        self.verify()
        for files in (("ak", "bare"), ("bare", "ak")):
            trust = [word for name in files for word in ("--trust-ak", self.file(name))]
            done = self.run_assay("verify", "--input", evidence, "--nonce", NONCE, *trust, "--json")
            self.assertEqual("emulated", json.loads(done.stdout)["claims"]["provenance"])
            done = self.run_assay("serve", "--trust", "google", "--listen", "127.0.0.1:0", "--state", self.file("s"),
                                  *trust, code=USAGE)
            self.assertIn(b"add --dev", done.stderr)
        # A policy that does not speak of emulators refuses it.
        policy = self.file("policy.toml")
        policy.write_text('accept_any = ["platform", "secure_boot", "applications", "kernel", "instance", "drivers", '
                          '"container"]\n[evidence]\nallow_operator_trust = true\n')
        done = self.run_assay("verify", "--input", evidence, "--nonce", NONCE, "--trust-ak", self.file("ak"), "--policy",
                              policy, "--json", code=REJECTED)
        self.assertEqual(["policy.evidence.hardware"], self.failed(json.loads(done.stdout)))

    def test_files_are_their_owners_alone(self):
        self.request()
        self.challenge()
        self.answer()
        for name in ("request", "challenge", "pending", "answer"):
            self.assertEqual(0o600, stat.S_IMODE(self.file(name).stat().st_mode), name)
        self.assertNotIn(json.loads(self.file("answer").read_bytes())["secret"], self.file("pending").read_text())

    def test_a_challenge_serves_one_answer(self):
        self.request()
        self.challenge()
        self.answer()
        kept = self.file("pending").read_bytes()
        self.accept()
        self.assertFalse(self.file("pending").exists())
        self.file("ak").unlink()
        done = self.accept(code=UNAVAILABLE)
        self.assertIn(b"a challenge serves one answer", done.stderr)
        self.assertFalse(self.file("ak").exists())
        # A wrong answer uses it up too; one that is for another challenge does not.
        self.file("pending").write_bytes(kept)
        good = self.file("answer").read_bytes()
        self.changed("answer", id="00" * 16)
        self.assertEqual(["enrolment.challenge.id"], self.failed(self.accept(code=REJECTED)))
        self.assertTrue(self.file("pending").exists())
        self.file("answer").write_bytes(good)
        secret = base64.b64decode(json.loads(good)["secret"])
        self.changed("answer", secret=base64.b64encode(bytes([secret[0] ^ 1]) + secret[1:]).decode())
        self.assertEqual(["enrolment.answer.secret"], self.failed(self.accept(code=REJECTED)))
        self.file("answer").write_bytes(good)
        self.accept(code=UNAVAILABLE)
        self.assertFalse(self.file("ak").exists())

    def test_an_answer_to_another_challenge_is_none(self):
        self.request()
        self.challenge()
        self.answer()
        self.challenge()  # a new one, in the place of the first
        self.changed("answer", id=json.loads(self.file("pending").read_bytes())["id"])
        self.assertEqual(["enrolment.answer.secret"], self.failed(self.accept(code=REJECTED)))

    def test_an_answer_in_time_or_none(self):
        for now, failed in (("2030-01-01T00:10:00Z", []), ("2030-01-01T00:10:01Z", ["enrolment.challenge.expiry"]),
                            ("2029-12-31T23:59:59Z", ["enrolment.challenge.expiry"])):
            with self.subTest(now):
                self.request()
                self.challenge("--now", "2030-01-01T00:00:00Z", "--lifetime", "600")
                self.answer()
                self.assertEqual(failed, self.failed(self.accept("--now", now, code=REJECTED if failed else ACCEPTED)))

    def test_the_key_that_was_challenged_and_no_other(self):
        """Not even another key of the same TPM: the TPM gives the secret out for one Name."""
        self.request("--algo", "rsa")
        rsa = json.loads(self.file("request").read_bytes())["ak_public"]
        self.request("--algo", "ecc")
        self.challenge()
        self.changed("challenge", ak_public=rsa)
        done = self.answer(code=REJECTED)
        self.assertIn(b"for another of its keys", done.stderr)
        self.assertFalse(self.file("answer").exists())
        # Nor does a changed pending file enroll another key.
        self.challenge()
        self.answer()
        self.changed("pending", ak_public=rsa)
        self.assertEqual(["enrolment.challenge.name"], self.failed(self.accept(code=REJECTED)))
        self.assertFalse(self.file("ak").exists())

    def test_another_vm_cannot_answer(self):
        self.request()
        self.challenge()
        other = self.start_vm(state="other")
        self.assertIn(b"for another TPM", self.answer(vm=other, code=REJECTED).stderr)
        # Nor by saying that the challenge is for its own keys.
        keys = self.file("request").read_bytes()
        self.request(vm=other)
        theirs = json.loads(self.file("request").read_bytes())
        self.changed("challenge", ek_public=theirs["ek_public"], ak_public=theirs["ak_public"])
        self.assertIn(b"is not for this TPM", self.answer(vm=other, code=REJECTED).stderr)
        # Nor is its endorsement key under the VM's certificate, or the VM's CA that of the other.
        self.file("request").write_text(json.dumps({**json.loads(keys), "ek_public": theirs["ek_public"]}))
        self.assertEqual(["ek.public.matches"], self.failed(self.challenge(code=REJECTED)))
        self.file("request").write_text(json.dumps(theirs))
        self.assertEqual(["ek.certificate.chain"], self.failed(self.challenge(code=REJECTED)))

    def test_emulated_machines_only_where_it_is_said(self):
        self.request()
        done = self.challenge(trust=("--trust", self.vm.ready["trust"]), code=USAGE)
        self.assertIn(b"--dev", done.stderr)
        self.assertEqual(["ek.certificate.chain"], self.failed(self.challenge(trust=("--trust", "google"),
                                                                              code=REJECTED)))

    def crl(self, *revoked, number="01", hours="24"):
        """A list by the CA that certified the VM's endorsement keys."""
        home = self.directory / f"crl-{number}-{hours}-{len(revoked)}"
        home.mkdir()
        return revocation.make_list(home, self.directory / "vm" / "ca", "intermediate", revoked, number,
                                    ("-crlhours", hours))

    def test_a_revoked_endorsement_key(self):
        self.request()
        said = self.challenge()
        self.assertEqual(["absent"], [c["verdict"] for c in said["checks"] if c["id"] == "ek.revocation.list"])
        certificate = self.file("ek.der")
        certificate.write_bytes(base64.b64decode(json.loads(self.file("request").read_bytes())["ek_certificate"]))
        serial = revocation.openssl("x509", "-inform", "DER", "-in", certificate, "-noout",
                                    "-serial").strip().split("=")[1]
        said = self.challenge("--require-crl", "--crl", self.crl("00AB"))
        self.assertEqual(["pass"], [c["verdict"] for c in said["checks"] if c["id"] == "ek.revocation.serial"])
        for name in ("challenge", "pending"):
            self.file(name).unlink()
        for more, failed in ((("--crl", self.crl("00AB", serial)), "serial"),
                             (("--require-crl",), "list"),
                             (("--require-crl", "--now", "2050-01-01T00:00:00Z", "--crl", self.crl()), "fresh")):
            with self.subTest(failed):
                self.assertEqual([f"ek.revocation.{failed}"], self.failed(self.challenge(*more, code=REJECTED)))
                self.assertFalse(self.file("challenge").exists() or self.file("pending").exists())
        done = self.challenge("--crl", self.file("ek.der"), trust=("--trust-ek", self.file("ek.der")), code=None)
        self.assertEqual((USAGE, b"--crl" in done.stderr), (done.returncode, True))

    def test_an_endorsement_key_that_is_known_itself(self):
        for key_format in ("pem", "tpmt-public"):
            with self.subTest(key_format):
                self.run_assay("tpm", "pubkey", "endorsement", "--key-format", key_format, "--output",
                               self.file("ek"), *self.in_vm())
                self.request()
                said = self.challenge(trust=("--trust-ek", self.file("ek")))
                self.assertEqual("pinned by --trust-ek", said["enrollee"]["ek_voucher"])
                self.request("--ek-algo", "ecc")
                self.assertEqual(["ek.public.trusted"],
                                 self.failed(self.challenge(trust=("--trust-ek", self.file("ek")), code=REJECTED)))

    def pin(self, algo):
        """Enrolls the VM's key by its endorsement key, which the operator says to know: a machine of his own."""
        self.run_assay("tpm", "pubkey", "endorsement", "--key-format", "tpmt-public", "--output", self.file("ek"),
                       *self.in_vm())
        self.request("--algo", algo)
        self.challenge(trust=("--trust-ek", self.file("ek")))
        self.answer()

    def test_writes_the_key_for_other_tools(self):
        for algo in ("rsa", "ecc"):
            for key_format, begin in (("tpmt-public", b"\0"), ("pem", b"-----BEGIN PUBLIC KEY"), ("json", b"{")):
                with self.subTest(algo=algo, key_format=key_format):
                    self.pin(algo)
                    self.accept("--key-format", key_format)
                    self.assertTrue(self.file("ak").read_bytes().startswith(begin))
                    self.assertEqual("operator", self.verify("--algo", algo)["claims"]["provenance"])

    def token(self, service, *more, code):
        done = self.run_assay("token", "--verifier-endpoint", service.ready["url"], *self.in_vm(), "--event-log",
                              self.vm.ready["event_log"], "--audience", "test", "--json", *more,
                              env=self.inside(self.vm), code=code)
        return json.loads(done.stdout)["claims"] if done.stdout else done.stderr.decode()

    def test_a_service_follows_the_directory_of_its_keys(self):
        keys = self.file("keys")
        keys.mkdir()
        service = self.start_service(self.vm.ready["trust"], "--trust-ak", keys)
        ask = lambda algo, code: self.token(service, "--key", "AK", "--algo", algo, code=code)
        self.assertIn("ak.certificate.present", ask("ecc", REJECTED))
        for algo in ("ecc", "rsa"):
            self.request("--algo", algo)
            self.challenge()
            self.answer()
            self.enroll("accept", "--input", self.file("answer"), "--pending", self.file("pending"), "--output",
                        keys / algo)
            self.assertEqual("ASSAY_EMULATED_AMD_SEV", ask(algo, ACCEPTED)["hwmodel"])
        # One that breaks is trusted no more, and told of; the other stays.
        good = (keys / "rsa").read_bytes()
        (keys / "rsa").write_bytes(good[:100])
        self.assertIn("ak.certificate.present", ask("rsa", REJECTED))
        self.assertIn("keys/rsa", service.errors())
        ask("ecc", ACCEPTED)
        self.file("rsa").write_bytes(good)
        self.file("rsa").rename(keys / "rsa")
        ask("rsa", ACCEPTED)
        # Taken away is trusted no more, at once.
        (keys / "ecc").unlink()
        self.assertIn("ak.certificate.present", ask("ecc", REJECTED))
        ask("rsa", ACCEPTED)

    def test_gets_a_token_by_the_key_it_enrolled(self):
        """The service is sent no ak_pub: it finds the key among those enrolled by the name in the quote."""
        keys = []
        for algo in ("ecc", "rsa"):
            self.pin(algo)
            self.accept()
            self.file("ak").rename(self.file(f"ak.{algo}"))
            keys += ["--trust-ak", self.file(f"ak.{algo}")]
        service = self.start_service(self.vm.ready["trust"], *keys)
        for algo in ("rsa", "ecc"):
            claims = self.token(service, "--key", "AK", "--algo", algo, code=ACCEPTED)
            # Nobody's names but the operator's: no Google CA vouches for this machine.
            self.assertEqual("ASSAY_PRIVATE_AMD_SEV", claims["hwmodel"])
            self.assertEqual(0, claims["oemid"])
            self.assertNotIn("swname", claims)
            self.assertNotIn("dbgstat", claims)
            self.assertEqual({"tpm"}, set(claims["submods"]))
            self.assertEqual(f"urn:assay:ak:{claims['submods']['tpm']['ak_fingerprint']}", claims["sub"])
        accepted = self.records(self.file("service"), "jsonPayload.event=attestation.accepted")
        self.assertEqual({("operator", "")}, {(e["jsonPayload"]["provenance"], e["jsonPayload"]["ak_issuer"])
                                              for e in accepted})
        # Who has a certificate is judged by it, as before.
        self.assertEqual("ASSAY_EMULATED_AMD_SEV", self.token(service, code=ACCEPTED)["hwmodel"])
        self.assertEqual(0, service.stop())
        service = self.start_service(self.vm.ready["trust"], "--trust-ak", self.file("ak.ecc"))
        self.assertIn("ak.certificate.present", self.token(service, "--key", "AK", "--algo", "rsa", code=REJECTED))

    def test_an_emulated_machines_token_says_so(self):
        self.request()
        self.challenge()
        self.answer()
        self.accept()
        service = self.start_service(self.vm.ready["trust"], "--trust-ak", self.file("ak"))
        claims = self.token(service, "--key", "AK", code=ACCEPTED)
        self.assertEqual(("ASSAY_EMULATED_AMD_SEV", "enabled", 0),
                         (claims["hwmodel"], claims["dbgstat"], claims["oemid"]))
        self.assertNotIn("swname", claims)
        self.assertEqual(f"urn:assay:ak:{claims['submods']['tpm']['ak_fingerprint']}", claims["sub"])
        accepted = self.records(self.file("service"), "jsonPayload.event=attestation.accepted")
        self.assertEqual([("emulated", "")], [(e["jsonPayload"]["provenance"], e["jsonPayload"]["ak_issuer"])
                                              for e in accepted])

    def test_registers_in_gotpms_messages(self):
        for ek in ("rsa", "ecc"):
            with self.subTest(ek):
                self.run_assay("tpm", "pubkey", "endorsement", "--algo", ek, "--key-format", "tpmt-public", "--output",
                               self.file("ek"), *self.in_vm())
                for form in ("binarypb", "textproto"):
                    self.run_assay("tpm", "register", "create-challenge", "--input", self.file("ek"), "--output",
                                   self.file("blob"), "--secret-output", self.file("secret"), "--format", form)
                    self.assertEqual(0o600, stat.S_IMODE(self.file("secret").stat().st_mode))
                    self.run_assay("tpm", "register", "solve-challenge", "--input", self.file("blob"), "--output",
                                   self.file("certified"), "--format", form, "--algo", "ecc", *self.in_vm())
                    verify = ("tpm", "register", "verify-challenge", "--input", self.file("certified"), "--json",
                              "--output", self.file("ak"), "--allow-software-key", "--secret-input")
                    self.run_assay(*verify, self.file("secret"))
                    self.assertEqual("accepted", self.verify("--algo", "ecc")["verdict"])
                    self.file("ak").unlink()
                    self.file("secret").write_bytes(bytes(32))
                    done = self.run_assay(*verify, self.file("secret"), code=REJECTED)
                    self.assertEqual(["register.certify.signature"], self.failed(json.loads(done.stdout)))
                    self.assertFalse(self.file("ak").exists())
                    for wrong in (b"", bytes(31)):
                        self.file("secret").write_bytes(wrong)
                        self.assertIn(b"wanted the 32", self.run_assay(*verify, self.file("secret"), code=USAGE).stderr)

    def test_writes_no_registered_key_unasked(self):
        """Root of a machine can move the challenge's key out of its TPM (TPM2_Rewrap)."""
        done = self.run_assay("tpm", "register", "verify-challenge", "--input", self.file("none"), "--secret-input",
                              self.file("none"), "--output", self.file("ak"), code=USAGE)
        self.assertIn(b"--allow-software-key", done.stderr)

    def test_keeps_the_secret_off_standard_output(self):
        """gotpm prints it unless told otherwise; here there is no such default."""
        self.run_assay("tpm", "register", "create-challenge", stdin=b"", code=USAGE)
        self.enroll("answer", "--input", self.file("none"), code=USAGE)


if __name__ == "__main__":
    cases.main()
