# SPDX-License-Identifier: Apache-2.0
"""`assay quickstart`: the whole story on one machine."""
import json
import os
import subprocess

from support import cases
from support.assay import BINARY, Case

SECRET = "This is the super secret information!"
MUST_FAIL = ["no token", "garbage", "expired", "another audience", "tampered", "replayed"]


class Quickstart(Case):
    def test_once_goes_as_told(self):
        said = self.run_assay("quickstart", "--once").stdout.decode()
        for number in range(1, 9):
            self.assertRegex(said, rf"(?m)^{number}\. ")
        self.assertIn(SECRET, said)
        self.assertNotIn("NOT AS TOLD", said)
        self.assertNotIn("\033[", said, "colour belongs on a terminal only")

    def test_json_is_one_object(self):
        done = self.run_assay("quickstart", "--once", "--json")
        story = json.loads(done.stdout)
        self.assertIs(True, story["as_told"])
        self.assertEqual(list(range(1, 9)), [step["step"] for step in story["steps"]])
        self.assertEqual([], [step["title"] for step in story["steps"] if not step["as_told"]])
        refusals = [r for step in story["steps"] for r in step.get("refusals", [])]
        for what in MUST_FAIL:
            with self.subTest(what):
                found = [r for r in refusals if what in r["tried"].lower()]
                self.assertEqual(1, len(found), [r["tried"] for r in refusals])
                self.assertIn(found[0]["status"], (400, 401, 403))
                self.assertTrue(found[0]["reason"])

    def test_kept_state_can_be_read_afterwards(self):
        self.run_assay("quickstart", "--once", "--state", self.directory / "kept")
        events = [r["jsonPayload"]["event"] for r in self.records(self.directory / "kept")]
        for event in ("challenge.created", "attestation.accepted", "token.issued", "attestation.rejected"):
            self.assertIn(event, events)
        everything = json.dumps(self.records(self.directory / "kept"))
        self.assertNotIn(SECRET, everything)
        self.assertNotIn("eyJhbGciOi", everything, "a token is in the log")

    def test_temporary_state_is_removed(self):
        scratch = self.directory / "scratch"
        scratch.mkdir()
        self.run_assay("quickstart", "--once", env={**os.environ, "TMPDIR": str(scratch)})
        self.assertEqual([], list(scratch.iterdir()))

    def test_fails_where_the_output_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BINARY, "quickstart", "--once"], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertNotEqual(0, done.returncode)


if __name__ == "__main__":
    cases.main()
