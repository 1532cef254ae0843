"""What a failed attempt lacks, by what the issue itself shows: exception, place, and whether the attempt passed
the issue's own example. Nothing of the hidden tests, nothing of the fix."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smena import Attempt, Finding, Task

from smena_swebench.diffs import look
from smena_swebench.mini import raised

_PLACE = re.compile(r'^  File "([^"]+)", line (\d+), in (\w+)', re.M)


def gap(task: Task, attempt: Attempt) -> Iterator[Finding]:
    statement: str = task.view["problem_statement"]
    error = raised(statement)
    if error:
        yield Finding("exception", error)
    yield from (
        Finding("symptom", f.removeprefix("symptom=")) for f in task.features if f.startswith("symptom=")
    )
    places = _PLACE.findall(statement)
    if places:
        path, line, name = places[-1]
        yield Finding("place", f"{path}, line {line}, in {name}")
    seen = look(attempt.answer)
    if seen.trouble:
        yield Finding("attempt", f"the patch cannot be used: {seen.trouble}")
    elif not seen.patch.strip():
        yield Finding("attempt", "no change was handed in: nothing that was tried passes the issue's example")
    else:
        yield Finding("attempt", f"the change of {', '.join(seen.files)} is not what is wanted")
