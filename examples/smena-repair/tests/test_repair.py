from smena import Attempt
from smena.testing import EnvironmentContract, VerifierContract


def repaired(task):
    """The source with the right change made."""
    from smena_repair.environment import SIGNS

    _, wrong, right = task.reference["change"].split()
    source = task.view["source"].replace(f" {SIGNS[wrong]} ", f" {SIGNS[right]} ")
    return {"actions": [{"sent": task.reference["change"]}], "source": source}


class TestRepair(EnvironmentContract):
    name = "repair"

    def solution(self, task):
        return repaired(task)


class TestTests(VerifierContract):
    name = "repair-tests"

    def attempts(self, task):
        sources = (
            task.view["source"],
            repaired(task)["source"],
            "while True: pass",
            "import os; os._exit(0)",
        )
        return [Attempt(answer={"source": source}) for source in sources[:2] + sources[3:]]


class TestSyntax(VerifierContract):
    name = "repair-syntax"

    def attempts(self, task):
        return [Attempt(answer={"source": source}) for source in (task.view["source"], "import os", "x = (")]
