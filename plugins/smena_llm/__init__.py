"""Language models as learner, teacher and judge, called directly or through litellm, which is imported
at the first call that needs it."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_learners() -> dict[str, str]:
    return {"llm": "smena_llm.learner:LlmLearner"}


@hookimpl
def smena_teachers() -> dict[str, str]:
    return {"llm": "smena_llm.teacher:LlmTeacher"}


@hookimpl
def smena_similarities() -> dict[str, str]:
    return {"llm": "smena_llm.similarity:LlmSimilarity"}


@hookimpl
def smena_verifiers() -> dict[str, str]:
    return {"llm-judge": "smena_llm.judge:LlmJudge"}
