# SPDX-License-Identifier: Apache-2.0
"""`assay verify --html`: one page that needs no script, no network and no colour, and that no evidence can break."""
import hashlib
import html.parser
import json
import os
import pathlib
import shlex

from support import cases
from support.assay import ACCEPTED, REJECTED, SOURCE, UNAVAILABLE, USAGE, Case
from support.wire import field, find

CORPUS = pathlib.Path(os.environ.get("ASSAY_CORPUS") or SOURCE / ".." / "shared" / "corpus")
REAL = CORPUS / "gce-attestations" / "gce-cos-85-nonce9009.pb"
FLAGS = ("--nonce", "9009", "--trust", "google", "--now", "2023-01-01T00:00:00Z")
EVENT_LOG, CANONICAL_EVENT_LOG = 3, 5  # fields of attest.Attestation
# What that machine started: rules of the kernel rest on it.
PROGRAMS = ("778bd7d6385d8ca0da5e504e3e554b67d98d9a712d957cb4cbb4d9b2e66ca96e31ddc18680af02b03a3a8a1b08da6aca",
            "d014c8c69b17ceb0f46be22b928f52684e717f40288246a61dadba00b1368c883cdde4e98762cc6788d94d0bcbd3f7ca",
            "ff8ff1db8fc98d02d944a90c58103b1b2ad3ba893ba4f302a006a572951491622341bb9387de20dd072cb8b6b3583cd0")
POLICY = ('accept_any = ["platform", "secure_boot", "instance", "drivers"]',
          f"applications.exactly = {json.dumps([PROGRAMS])}", "[evidence]", "minimum_nonce_bytes = 2")

VOID = {"meta", "br", "hr"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "nav", "section", "div", "span", "p",
           "h1", "h2", "h3", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "details",
           "summary", "code", "pre", "strong", "time", "a", "svg", "defs", "symbol", "path", "circle", "use"}


class Page(html.parser.HTMLParser):
    """Reads a page and holds on to what a reader sees; complains about an element that is open, unknown or misplaced."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.ids, self.links, self.codes, self.words = [], [], set(), set(), [], []
        self.attributes = set()
        self.feed(text)
        self.close()
        self.wrong += [f"{name} is never closed" for name in self.open]

    def handle_starttag(self, tag, attrs):
        if tag not in ALLOWED:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.wrong += [f"id {value} twice"] * (value in self.ids)
                self.ids.add(value)
            if name == "href":
                self.links.add(value)
        if tag == "th" and "scope" not in dict(attrs):
            self.wrong.append("a <th> without scope")
        if tag not in VOID:
            self.open.append(tag)
        if tag == "code":
            self.codes.append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> out of place")

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.words.append(data)
        if "code" in self.open:
            self.codes[-1] += data

    @property
    def text(self):
        return "".join(self.words)


class Report(Case):
    def setUp(self):
        super().setUp()
        if not REAL.exists():
            cases.missing(f"no recorded attestation at {REAL}: set ASSAY_CORPUS")
        self.real = REAL.read_bytes()

    def page(self, *flags, code, data=None):
        """The page that the command writes, and what it says of it in JSON."""
        evidence, report = self.directory / "evidence.pb", self.directory / "report.html"
        evidence.write_bytes(self.real if data is None else data)
        said = self.run_assay("verify", "--input", evidence, *(flags or FLAGS), "--html", report, "--json", code=code)
        raw = report.read_bytes()
        self.assertTrue(all(b == 10 or 32 <= b < 127 for b in raw), "printable ASCII and line ends alone")
        page = Page(raw.decode())
        self.assertEqual([], page.wrong)
        self.assertFalse({a for a in page.attributes if a.startswith("on") or a in ("src", "style", "srcset")})
        for link in page.links:
            self.assertIn(link.removeprefix("#"), page.ids)
        return page, json.loads(said.stdout) if said.stdout else None

    def assert_has_checks(self, page, said):
        for check in said["checks"]:
            self.assertIn(check["id"], page.codes)

    def test_accepted_evidence(self):
        page, said = self.page(code=ACCEPTED)
        self.assert_has_checks(page, said)
        self.assertIn(hashlib.sha256(self.real).hexdigest(), page.codes)
        self.assertIn(said["claims"]["kernel_command_line"], page.codes)
        self.assertIn(said["claims"]["instance"]["instance_name"], page.text)
        for certificate in said["claims"]["secure_boot"]["dbx"]["certificates"]:
            self.assertIn("sha256 " + certificate["sha256"], page.codes)
        self.assertIn("No policy was given", page.text)

    def test_the_command_in_it_gives_the_same_page(self):
        page, _ = self.page(code=ACCEPTED)
        command = shlex.split(next(c for c in page.codes if c.startswith("assay verify ")))
        first = (self.directory / "report.html").read_bytes()
        again = self.run_assay(*command[1:], "--html", "-", code=ACCEPTED)
        self.assertEqual(first, again.stdout)

    def test_the_command_names_everything_that_decided(self):
        key = self.directory / "other key.pem"
        self.run_tool("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                      self.directory / "private.pem")
        self.run_tool("openssl", "pkey", "-in", self.directory / "private.pem", "-pubout", "-out", key)
        page, _ = self.page("--nonce", "9009", "--trust-ak", key, "--now", "2023-01-01T00:00:00Z", code=REJECTED)
        command = shlex.split(next(c for c in page.codes if c.startswith("assay verify ")))
        self.assertEqual(["assay", "verify", "--input", str(self.directory / "evidence.pb"), "--nonce", "9009",
                          "--trust-ak", str(key), "--now", "2023-01-01T00:00:00Z"], command)

    def test_a_wrong_nonce(self):
        page, said = self.page("--nonce", "9008", *FLAGS[2:], code=REJECTED)
        self.assert_has_checks(page, said)
        self.assertIn("it was not made for the nonce that was asked for", page.text)
        self.assertIn("Claimed, not verified", page.text)
        self.assertNotIn("verified whole", page.text)
        self.assertNotIn("6797026933021542085", page.text, "the instance is no fact")

    def policy(self, *rules):
        path = self.directory / "fleet policy.toml"
        path.write_text("\n".join(POLICY + rules))
        return path

    def test_a_policy_that_the_machine_fulfils(self):
        policy = self.policy('[kernel]', 'must = ["boot=local"]')
        page, said = self.page(*FLAGS, "--policy", policy, code=ACCEPTED)
        self.assert_has_checks(page, said)
        self.assertIn(str(policy), page.codes)
        self.assertNotIn("No policy was given", page.text)
        self.assertIn("It asks nothing about", page.text)
        command = shlex.split(next(c for c in page.codes if c.startswith("assay verify ")))
        self.assertEqual(str(policy), command[command.index("--policy") + 1])

    def test_a_policy_that_it_does_not(self):
        policy = self.policy('[kernel]', 'must_not = ["noinitrd"]')
        page, said = self.page(*FLAGS, "--policy", policy, code=REJECTED)
        self.assert_has_checks(page, said)
        self.assertEqual(["policy.kernel.must_not"], [c["id"] for c in said["checks"] if c["verdict"] == "fail"])
        self.assertIn("The evidence is authentic, but the machine is not what the policy asks for.", page.text)
        # What is authentic stays a fact, though it was refused.
        self.assertIn("verified whole", page.text)
        self.assertIn("6797026933021542085", page.text)

    def test_the_log_of_a_launcher(self):
        log = (CORPUS / "eventlogs" / "cel" / "go-tpm-tools-agent-cel.bin").read_bytes()
        page, said = self.page(code=REJECTED, data=self.real + field(CANONICAL_EVENT_LOG, log))
        self.assert_has_checks(page, said)
        self.assertIn("container", page.ids)
        self.assertIn("The launcher hands over to the container", page.text)
        self.assertIn("NVARCH=x86_64", page.codes)
        self.assertNotIn("verified whole", page.text)

    def test_markup_in_the_log_stays_text(self):
        [(begin, end)] = find(self.real, EVENT_LOG)
        at = self.real.index(b"/syslinux/vmlinuz.A init=", begin, end)
        evil = b"<script>alert(1)</script><!-- \"'\x1b\xe2\x80\xae"
        data = self.real[:at] + evil + self.real[at + len(evil):]
        page, said = self.page(code=REJECTED, data=data)
        self.assert_has_checks(page, said)
        self.assertIn("<script>alert(1)</script><!--", page.text)
        self.assertIn("contradicts its digest", page.text)

    def test_a_file_that_is_no_attestation(self):
        page, said = self.page(code=REJECTED, data=b"<script>\xff")
        self.assertEqual([], said["checks"])
        self.assertIn("not a protobuf message", said["error"])
        self.assertIn("no attestation that can be read", page.text)
        self.assertNotIn("boot", page.ids)

    def test_refuses_what_it_cannot_write(self):
        said = self.run_assay("verify", "--input", REAL, *FLAGS, "--html", self.directory / "none" / "r.html",
                              code=UNAVAILABLE)
        self.assertIn(b"r.html", said.stderr)
        self.run_assay("verify", "--input", REAL, *FLAGS, "--html", "-", "--json", code=USAGE)


if __name__ == "__main__":
    cases.main()
