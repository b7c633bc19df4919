# SPDX-License-Identifier: Apache-2.0
"""CEL's public conformance cases, taken out of the Go module cel.dev/expr at run time, held against our evaluator.

What docs/expressions.md says of them is held exactly: one case more or less that agrees fails here, and so does a case
outside of the subset that is not refused when it is loaded.  Needs Go, and the module from Go's proxy or cache; a machine
without them skips.
"""
import collections
import json
import math
import os
import re
import shutil
import subprocess
import unittest

from support import cases
from support.assay import SOURCE, Case

ANSWERS = os.environ.get("ASSAY_CEL_ANSWERS") or str(SOURCE / "build" / "dev" / "src" / "policy" / "cel_answers")
FILES = ("basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros",
         "namespace", "parse", "plumbing", "string", "timestamps")

# docs/expressions.md, in the order in which it names them.
DOCUMENTED = re.compile(r"(\d+) cases\) (\d+) agree\. The others are not of the subset: (\d+) are about messages and "
                        r"enums, (\d+) about types as values, (\d+) about time zones, (\d+) about containers of names, "
                        r"(\d+) about names in backquotes, and (\d+) are meant for evaluation without a check of types")
TIME_ZONE = re.compile(r"\.get[A-Z]\w+\(['\"]")
# type(x), or the name of a type that is not called.
TYPE = re.compile(r"\btype\(|(?<![\w.])(bool|bytes|double|int|list|map|null_type|string|uint|type)\b(?!\()")
TEXT = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''|\"(\\.|[^\"\\])*\"|'(\\.|[^'\\])*'", re.S)


def why_outside(case):
    """By rule, why a case is not of the subset; None for one that is."""
    code = TEXT.sub("''", case["expr"])
    names, value = json.dumps(case.get("names", [])), json.dumps(case.get("value"))
    if re.search(r"TestAllTypes|google\.protobuf\.", code) or '{"message"' in names + value or '{"enum"' in value:
        return "messages"
    if TIME_ZONE.search(case["expr"]):
        return "time zones"
    if case.get("container") or any("." in name["name"] for name in case.get("names", [])):
        return "containers"
    if "`" in code:
        return "backquotes"
    if TYPE.search(code) or '{"type"' in value:
        return "types"
    return "unchecked" if case.get("unchecked") and not case.get("fails") else None


def plain(value):
    """A value as Python compares it: maps have no order, and NaN is like NaN."""
    (kind, of), = value.items()
    if kind == "double":
        return kind, "NaN" if math.isnan(float(of)) else float(of)
    if kind == "list":
        return kind, tuple(plain(v) for v in of)
    if kind == "map":
        return kind, frozenset((plain(k), plain(v)) for k, v in of)
    return kind, tuple(of) if isinstance(of, list) else of


def agrees(case, answer):
    """A case that must fail may fail earlier, when it is loaded."""
    if case.get("fails"):
        return "value" not in answer
    return "value" in answer and plain(case["value"]) == plain(answer["value"])


class CelCases(Case):
    def setUp(self):
        super().setUp()
        if not shutil.which("go"):
            raise unittest.SkipTest("no Go, which nothing else here needs")
        program, here = self.directory / "cel", SOURCE / "tests" / "interop" / "cel"
        built = subprocess.run(["go", "build", "-mod=readonly", "-o", program, "."], capture_output=True, cwd=here,
                               timeout=280)
        if built.returncode != 0:
            raise unittest.SkipTest(f"cel.dev/expr cannot be had: {built.stderr.decode()[-300:]}")
        module = subprocess.run(["go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "cel.dev/expr"], cwd=here,
                                capture_output=True, check=True).stdout.decode().strip()
        lines = self.run_tool(program, module, *FILES).stdout
        cases_of_all = [json.loads(line) for line in lines.splitlines()]
        answers = [json.loads(line) for line in self.run_tool(ANSWERS, stdin=lines).stdout.splitlines()]
        self.assertEqual(len(cases_of_all), len(answers))
        self.asked = list(zip(cases_of_all, answers))

    def test_every_case_of_the_subset_agrees(self):
        for case, answer in self.asked:
            if why_outside(case) is None:
                with self.subTest(case["name"], expr=case["expr"], answer=answer):
                    self.assertTrue(agrees(case, answer))

    def test_what_is_not_of_the_subset_is_refused_when_it_is_loaded(self):
        for case, answer in self.asked:
            if not agrees(case, answer):
                with self.subTest(case["name"], expr=case["expr"], answer=answer):
                    self.assertIn("refused", answer)

    def test_the_document_counts_them(self):
        text = " ".join((SOURCE / "docs" / "expressions.md").read_text().split())
        documented = [int(number) for number in DOCUMENTED.search(text).groups()]
        others = collections.Counter(why_outside(case) for case, answer in self.asked if not agrees(case, answer))
        reasons = ("messages", "types", "time zones", "containers", "backquotes", "unchecked")
        self.assertEqual(set(), set(others) - set(reasons))
        self.assertEqual(documented, [len(self.asked), len(self.asked) - others.total(), *(others[r] for r in reasons)])


if __name__ == "__main__":
    cases.main()
