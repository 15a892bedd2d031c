#!/usr/bin/env python3
"""Counts what the tests of a run did, and prints `N passed, N failed` at the end.

    scripts/count_tests.py build/test_results

A GoogleTest program counts by its cases, any other CTest entry and any check as
one. A program that failed without a failed case (it crashed, or took too long)
counts as one failure more.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count_cases(path):
    """Passed, failed and skipped cases of one GoogleTest program."""
    passed, failed, skipped = 0, [], []
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None:
            failed.append(name)
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped.append(name)
        else:
            passed += 1
    return passed, failed, skipped


def count_entries(results):
    passed, failed, skipped = 0, [], []
    for check in sorted(results.glob("*.check")):
        if check.read_text().strip() == "passed":
            passed += 1
        else:
            failed.append(check.stem)
    for report in sorted(results.glob("*.ctest.xml")):
        preset = report.name.split(".")[0]
        for entry in ElementTree.parse(report).iter("testcase"):
            name = f"{preset}: {entry.get('name')}"
            worked = entry.get("status") == "run" and entry.find("failure") is None
            cases = results.parent / preset / "test_results" / f"{entry.get('name')}.xml"
            try:
                here = count_cases(cases)
            except (OSError, ElementTree.ParseError):
                here = (int(worked), [], [])
            passed += here[0]
            failed += [f"{name}: {case}" for case in here[1]]
            skipped += [f"{name}: {case}" for case in here[2]]
            if not worked and not here[1]:
                failed.append(name)
    return passed, failed, skipped


def main():
    passed, failed, skipped = count_entries(pathlib.Path(sys.argv[1]))
    for name in skipped:
        print(f"skipped: {name}")
    for name in failed:
        print(f"failed: {name}")
    if passed + len(failed) == 0:
        print("no test ran")
    print(f"{passed} passed, {len(failed)} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
