# SPDX-License-Identifier: Apache-2.0
"""The disk of a running service fills up: no token or secret without its record, and it recovers.

Each service has its state on a small file system of its own, in a mount namespace of its own.
"""
import json
import os
import pathlib
import subprocess

from support import cases
from support.assay import BINARY, Case, http_request
from support.attestation import Client, digest, reason
from support.jwt_maker import Issuer

AUDIENCE = "the-right-audience"
SECRET = b"This is the super secret information!"
MANY = 3000  # requests until a full disk has to show: what is free inside the database is used first

MOUNT = 'mount -t tmpfs -o size=4m,mode=0700 none "$1" && shift && exec "$@"'


class FullDisk(Case):
    def setUp(self):
        super().setUp()
        self.state = self.directory / "state"
        self.state.mkdir(mode=0o700)
        self.apart = ("unshare", "--mount", "sh", "-c", MOUNT, "sh", str(self.state))
        try:
            apart = subprocess.run([*self.apart, "true"], capture_output=True).returncode == 0
        except FileNotFoundError:
            apart = False
        if not apart:
            self.skipTest("mounting a file system needs root and mount namespaces")

    def as_seen_by(self, service):
        """The service's state, through the kernel's view of its namespace."""
        return pathlib.Path(f"/proc/{service.pid}/root{self.state}")

    def fill(self, service):
        filler = self.as_seen_by(service) / "filler"
        with open(filler, "wb", buffering=0) as out:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        out.write(bytes(size))
                except OSError:
                    pass
        free = os.statvfs(self.as_seen_by(service))
        self.assertEqual(0, free.f_bavail)
        return filler

    def until_full(self, ask):
        """Asks until it is told that the disk is full; the answers before, and that one."""
        good = []
        for _ in range(MANY):
            answer = ask()
            if answer.status != 200:
                return good, answer
            good.append(answer)
        self.fail("the disk is full, and nothing says so")

    def events(self, service, event):
        done = self.run_tool("nsenter", f"--mount=/proc/{service.pid}/ns/mnt", BINARY, "logs", "read", "--state",
                             self.state, "--json", f'jsonPayload.event="{event}"')
        return [entry["jsonPayload"] for entry in json.loads(done.stdout)["entries"]]

    def test_of_the_release_service(self):
        issuer = Issuer()
        self.addCleanup(issuer.close)
        service = self.start("release", "serve", "--dev", "--issuer", issuer.url, "--audience", AUDIENCE, "--listen",
                             "127.0.0.1:0", "--state", self.state, wrapper=self.apart)

        def ask(token=issuer.sign(issuer.claims(AUDIENCE))):
            return http_request("GET", service.ready["url"] + "/v1/secrets/hello",
                                headers={"Authorization": "Bearer " + token})

        self.assertEqual(SECRET, ask().body)
        filler = self.fill(service)
        released, refused = self.until_full(ask)
        self.assertEqual((503, "urn:assay:problem:audit-log-unavailable"), (refused.status, refused.json["type"]))
        for answer in (refused, ask(), ask("garbage")):
            self.assertEqual(503, answer.status, answer)
            self.assertNotIn(SECRET, answer.body)
            self.assertNotIn(str(self.state).encode(), answer.body, "the place is the operator's to know")
        self.assertIn("audit.db", service.errors())
        self.assertEqual(200, http_request("GET", service.ready["url"] + "/healthz").status)

        filler.unlink()
        self.assertEqual(SECRET, ask().body)
        self.assertEqual(401, ask("garbage").status)
        self.assertEqual(len(released) + 2, len(self.events(service, "secret.released")))
        self.assertEqual(0, service.stop())

    def test_of_the_attestation_service(self):
        vm = self.start_vm()
        service = self.start("serve", "--dev", "--trust", vm.ready["trust"], "--listen", "127.0.0.1:0", "--state",
                             self.state, wrapper=self.apart)
        client = Client(self, vm, service.ready["url"])

        def create():
            return http_request("POST", f"{client.url}/v1/{client.location}/challenges", "{}", client.headers)

        challenge = client.challenge()
        body = client.evidence(challenge)
        filler = self.fill(service)
        _, refused = self.until_full(create)
        self.assertEqual((503, "UNAVAILABLE"), (refused.status, refused.json["error"]["status"]))
        self.assertIn(reason(refused), ("STORE_UNAVAILABLE", "AUDIT_LOG_UNAVAILABLE"))
        self.assertNotIn(str(self.state).encode(), refused.body, "the place is the operator's to know")
        withheld = client.verify(challenge, body)
        # 503 while the challenge is unused, 500 once it is: in neither case is there a token.
        self.assertIn(withheld.status, (500, 503), withheld)
        self.assertNotIn("oidcClaimsToken", withheld.body.decode())
        self.assertEqual([], self.events(service, "token.issued"))

        filler.unlink()
        if withheld.status == 503:
            given = client.verify(challenge, body)
        else:
            again = client.verify(challenge, body)
            self.assertEqual((400, "CHALLENGE_USED"), (again.status, reason(again)))
            challenge = client.challenge()
            given = client.verify(challenge, client.evidence(challenge))
        self.assertEqual(200, given.status, given)
        token = digest(given.json["oidcClaimsToken"])
        self.assertEqual([token], [p["token_sha256"] for p in self.events(service, "token.issued")])
        self.assertEqual(0, service.stop())


if __name__ == "__main__":
    cases.main()
