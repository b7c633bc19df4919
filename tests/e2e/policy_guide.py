# SPDX-License-Identifier: Apache-2.0
"""docs/policy.md as its reader would use it: every command of its console blocks, in one shell, in an empty directory."""
import os
import pathlib
import re
import socket
import subprocess

from support import cases
from support.assay import BINARY, PATIENCE, SOURCE, Case

PAGE = SOURCE / "docs" / "policy.md"
MARK = "--- ended with "


def steps(text):
    """[(command, the lines that it must print)] of the console blocks, in their order."""
    out = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                out.append((line[2:], []))
            elif line.startswith("> ") or line == ">":
                out[-1] = (out[-1][0] + "\n" + line[2:], [])
            else:
                out[-1][1].append(line)
    return out


def pattern(lines):
    """What the documented output matches: a line "…" is any number of lines, and "…" within one any text of it."""
    out = ""
    for line in lines:
        if line == "…":
            out += r"(?:[^\n]*\n)*?"
        else:
            out += r"[^\n]*?".join(re.escape(part) for part in line.split("…")) + r"\n"
    return re.compile(out)


class Guide(Case):
    def shell(self, command):
        """Runs it in the reader's shell; what it printed."""
        self._shell.stdin.write(f"{command}\necho '{MARK}'$?\n")
        self._shell.stdin.flush()
        out = ""
        for line in self._shell.stdout:
            if line.startswith(MARK):
                return out
            out += line
        self.fail(f"the shell ended in: {command}\n{out}")

    def test_every_command_of_the_policy_guide(self):
        binaries = self.directory / "bin"
        binaries.mkdir()
        (binaries / "assay").symlink_to(pathlib.Path(BINARY).resolve())
        work = self.directory / "w"
        work.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self._shell = subprocess.Popen(["bash"], cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True,
                                       env={**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "TZ": "UTC"})
        self.addCleanup(self._shell.wait, PATIENCE)
        self.addCleanup(self._shell.stdin.close)
        self.addCleanup(lambda: self.shell("kill $(jobs -p) 2>/dev/null; wait"))
        done = 0
        for command, wanted in steps(PAGE.read_text(encoding="utf-8")):
            command = command.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
            wanted = [line.replace("127.0.0.1:8080", f"127.0.0.1:{port}") for line in wanted]
            said = self.shell(command)
            self.assertTrue(pattern(wanted).fullmatch(said),
                            f"$ {command}\nprinted\n{said}\nand not\n" + "\n".join(wanted))
            done += 1
        self.assertGreater(done, 30)


if __name__ == "__main__":
    cases.main()
