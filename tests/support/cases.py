# SPDX-License-Identifier: Apache-2.0
"""Runs the test cases of a file by name, as CTest asks for them; a skip is exit code 77, so that it shows."""
import inspect
import os
import sys
import unittest

SKIPPED = 77


def missing(what):
    """Skips the case for want of `what`, or fails it where everything must run."""
    if os.environ.get("ASSAY_REQUIRE_INTEROP") == "1":
        raise AssertionError(f"{what}, and ASSAY_REQUIRE_INTEROP=1 wants every case to run")
    raise unittest.SkipTest(what)


def main():
    """`file.py [CASE...]`: all cases, or those with these names."""
    module = sys.modules["__main__"]
    wanted = set(sys.argv[1:])
    suite = unittest.TestSuite()
    found = set()
    for _, kind in inspect.getmembers(module, lambda m: inspect.isclass(m) and issubclass(m, unittest.TestCase)):
        for name in unittest.TestLoader().getTestCaseNames(kind):
            if not wanted or name in wanted:
                found.add(name)
                suite.addTest(kind(name))
    if wanted - found or not found:
        sys.exit(f"no such case: {', '.join(sorted(wanted - found)) or 'none at all'}")
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    if not result.wasSuccessful():
        sys.exit(1)
    if len(result.skipped) == result.testsRun:
        print("SKIPPED:", "; ".join(reason for _, reason in result.skipped))
        sys.exit(SKIPPED)
    sys.exit(0)
