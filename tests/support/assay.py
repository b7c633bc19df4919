# SPDX-License-Identifier: Apache-2.0
"""The real binary in a temporary directory: run it, start its services, talk to them, stop them."""
import http.client
import json
import os
import pathlib
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("ASSAY_BINARY") or str(SOURCE / "build" / "dev" / "assay")
PATIENCE = 60  # seconds until something that never comes fails the case; nothing here is timed

ACCEPTED, REJECTED, USAGE, UNAVAILABLE, INTERNAL = range(5)


class Answer:
    """An HTTP answer, read to its end."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:600]!r}"


def http_request(method, url, body=None, headers=None):
    """One request on a connection of its own."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        path = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, path or "/", body=body, headers=headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


class Running:
    """A command that keeps running; `ready` is the line of JSON it printed when it was.

    `wrapper` is a program that executes the words after its own, without a process between."""

    def __init__(self, *arguments, log, env=None, wrapper=()):
        self.arguments = [str(a) for a in arguments]
        self._log = open(log, "w+b")
        self._child = subprocess.Popen([*wrapper, BINARY, *self.arguments, "--json"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=self._log, env=env)
        self.pid = self._child.pid
        try:
            self.ready = json.loads(self._first_line())
        except Exception as error:
            self.kill()
            raise AssertionError(f"assay {' '.join(self.arguments)} did not come up: {error}\n{self.errors()}")

    def _first_line(self):
        line, deadline = b"", time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0, deadline - time.monotonic())):
                    raise TimeoutError(f"no line within {PATIENCE} s")
                piece = os.read(self._child.stdout.fileno(), 65536)
                if not piece:
                    raise EOFError(f"ended with {self._child.wait()} after printing {line!r}")
                line += piece
        return line

    def errors(self):
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")

    def signal(self, number):
        self._child.send_signal(number)

    def stop(self):
        """SIGTERM; the exit code."""
        if self._child.poll() is None:
            self._child.terminate()
        return self.wait()

    def wait(self):
        code = self._child.wait(timeout=PATIENCE)
        self._close()
        return code

    def kill(self):
        """SIGKILL: no chance to tidy up."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        self._close()

    def _close(self):
        if not self._child.stdout.closed:
            self._child.stdout.close()


class Case(unittest.TestCase):
    """A test case with a directory of its own; what it starts ends with it."""

    maxDiff = None

    def setUp(self):
        # Short, because a Unix socket's path ends at 107 bytes.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="assay-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self._started = 0

    def run_assay(self, *arguments, code=ACCEPTED, stdin=b"", env=None, stdout=subprocess.PIPE, **more):
        """Runs `assay ARGUMENTS...` to its end; it must end with `code` (None: any)."""
        done = subprocess.run([BINARY, *map(str, arguments)], input=stdin, env=env, stdout=stdout,
                              stderr=subprocess.PIPE, timeout=PATIENCE, **more)
        if code is not None:
            self.assertEqual(code, done.returncode, f"assay {' '.join(map(str, arguments))}\n"
                             f"{(done.stdout or b'').decode('utf-8', 'replace')[-3000:]}\n"
                             f"{done.stderr.decode('utf-8', 'replace')[-3000:]}")
        return done

    def run_tool(self, *arguments, code=0, stdin=b"", env=None, cwd=None):
        """Runs somebody else's program to its end; the same contract."""
        done = subprocess.run([str(a) for a in arguments], input=stdin, capture_output=True, env=env, cwd=cwd,
                              timeout=PATIENCE)
        if code is not None:
            self.assertEqual(code, done.returncode, f"{' '.join(map(str, arguments))}\n"
                             f"{done.stdout.decode('utf-8', 'replace')[-3000:]}\n"
                             f"{done.stderr.decode('utf-8', 'replace')[-3000:]}")
        return done

    def run_as_nobody(self, *arguments, env=None):
        """Runs `assay ARGUMENTS...` as somebody whom permissions stop.  The checkout may lie where only root gets, so
        it runs a copy; this case's directory becomes one that everybody may enter."""
        self.directory.chmod(0o755)
        if os.geteuid() != 0:
            return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, env=env, timeout=PATIENCE)
        copy = self.directory / "assay"
        if not copy.exists():
            shutil.copy(BINARY, copy)
            copy.chmod(0o755)
        return subprocess.run([copy, *map(str, arguments)], capture_output=True, env=env, timeout=PATIENCE,
                              user=65534, group=65534, extra_groups=[])

    def start(self, *arguments, env=None, wrapper=()):
        self._started += 1
        running = Running(*arguments, log=self.directory / f"stderr.{self._started}", env=env, wrapper=wrapper)
        self.addCleanup(running.kill)
        return running

    # The cast of the story.

    def start_vm(self, *arguments, state="vm"):
        """A virtual confidential VM that is the same at each start of this case."""
        return self.start("emulate", "--listen", "127.0.0.1:0", "--state", self.directory / state, *arguments)

    def start_service(self, trust, *arguments, listen="127.0.0.1:0"):
        return self.start("serve", "--dev", "--trust", trust, "--listen", listen, "--state",
                          self.directory / "service", *arguments)

    def start_release(self, issuer, audience, *arguments):
        return self.start("release", "serve", "--dev", "--issuer", issuer, "--audience", audience, "--listen",
                          "127.0.0.1:0", "--state", self.directory / "release", *arguments)

    def inside(self, vm, **more):
        """The environment of a program in the VM."""
        return {**os.environ, "GCE_METADATA_HOST": vm.ready["metadata_host"],
                "GCE_METADATA_IP": vm.ready["metadata_host"], **more}

    def metadata(self, vm, path):
        answer = http_request("GET", f"http://{vm.ready['metadata_host']}/computeMetadata/v1/{path}",
                              headers={"Metadata-Flavor": "Google"})
        self.assertEqual(200, answer.status, answer)
        return answer.body.decode()

    def fetch_token(self, vm, service, *arguments, audience="test-audience"):
        """A token from the service, by the VM's own `assay token`."""
        done = self.run_assay("token", "--verifier-endpoint", service.ready["url"], "--tpm-path",
                              vm.ready["tpm_socket"], "--event-log", vm.ready["event_log"], "--audience", audience,
                              *arguments, env=self.inside(vm))
        return done.stdout.decode().strip()

    def records(self, state, filter_text=""):
        """What the audit log below `state` holds, oldest first."""
        done = self.run_assay("logs", "read", "--state", state, "--json", filter_text)
        said = json.loads(done.stdout)
        return said["entries"] if isinstance(said, dict) else said


__all__ = ["ACCEPTED", "REJECTED", "USAGE", "UNAVAILABLE", "INTERNAL", "Answer", "Case", "Running", "SOURCE",
           "BINARY", "http_request", "signal"]
