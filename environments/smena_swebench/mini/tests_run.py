"""Runs unit tests and says how each went, in the words of pytest's summary: python3 tests/run.py FILE [NAME]"""

import importlib.util
import os
import sys
import traceback
import unittest


def cases(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from cases(part)
        else:
            yield part


def main(path, only=""):
    sys.path.insert(0, os.getcwd())
    spec = importlib.util.spec_from_file_location("tested", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lines, failed = [], 0
    for case in cases(unittest.defaultTestLoader.loadTestsFromModule(module)):
        kind, name = case.id().split(".")[-2:]
        if only and name != only:
            continue
        result = unittest.TestResult()
        case.run(result)
        trouble = result.failures + result.errors
        for _, text in trouble:
            print(text)
        failed += bool(trouble)
        lines.append("%s %s::%s::%s" % ("FAILED" if trouble else "PASSED", path, kind, name))
    print("\n".join(lines))
    return 1 if failed or not lines else 0


if __name__ == "__main__":
    try:
        code = main(*sys.argv[1:])
    except Exception:
        traceback.print_exc()
        print("ERROR " + sys.argv[1])
        code = 2
    sys.exit(code)
