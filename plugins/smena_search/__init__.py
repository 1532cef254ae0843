"""The embedded learner and teacher: program search over whatever operator vocabulary an environment offers.
No network."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_learners() -> dict[str, str]:
    return {"search": "smena_search.learner:SearchLearner"}


@hookimpl
def smena_teachers() -> dict[str, str]:
    return {"search": "smena_search.teacher:SearchTeacher"}
