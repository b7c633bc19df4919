# SPDX-License-Identifier: Apache-2.0
"""`assay eventlog export --format keylime` held against Keylime's own policy "example" and its own generator.

Needs Keylime as a Python module (`pip install --no-deps keylime`) and tpm2_eventlog; Debian has no package of it, so
these cases are skipped without it, wherever they run."""
import json
import shutil
import unittest

from support import cases
from support.assay import SOURCE, Case

try:
    import yaml
    from keylime.mba.elchecking import example
except ImportError:
    example = None

BOOTS = SOURCE / "tests" / "boots"


def log(boot):
    return BOOTS / boot / "binary_bios_measurements"


class Keylime(Case):
    def setUp(self):
        super().setUp()
        if example is None or not shutil.which("tpm2_eventlog"):
            raise unittest.SkipTest("no Keylime here")

    def export(self, *boots):
        return json.loads(self.run_assay("eventlog", "export", *map(log, boots), "--format", "keylime").stdout)

    def why_not(self, state, boot):
        """What Keylime's policy has against a boot; nothing where it accepts."""
        events = yaml.safe_load(self.run_tool("tpm2_eventlog", "--eventlog-version=2", log(boot)).stdout)
        for event in events["events"]:
            said = event.get("Event")
            # tpm2-tools 5.4 prints texts with quotes and their final NUL, later ones without.
            if isinstance(said, dict) and isinstance(said.get("String"), str):
                said["String"] = said["String"].strip('"').replace("\\0", "").strip()
        return example.Example().refstate_to_test(state).why_not({}, events)

    def test_accepts_what_was_exported(self):
        self.assertEqual("", self.why_not(self.export("sb"), "sb"))
        both = self.export("sb", "sbfull")
        for boot in ("sb", "sbfull"):
            self.assertEqual("", self.why_not(both, boot))

    def test_rejects_another_boot(self):
        self.assertIn("bsas", self.why_not(self.export("sb"), "sbfull"))
        self.assertNotEqual("", self.why_not(self.export("sb"), "nosb"))


if __name__ == "__main__":
    cases.main()
