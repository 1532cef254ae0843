"""Outcomes for other tools: one call to a pandas or polars frame, and Inspect AI's log format for its viewer.

The libraries are extras and imported when used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import msgspec

from smena.errors import BadInput
from smena.store import Store
from smena.store.records import Served
from smena.values import JSON

COLUMNS = (
    "run", "purpose", "family", "position", "key", "kind", "env", "task", "split", "cluster", "learner", "judge",
    "knowledge", "feedback", "seed", "status", "y", "reward", "cost", "latency", "attempts", "error",
)  # fmt: skip
"""Of the frame: what a trial served, what it was, what came of it. Outputs and traces stay in the store."""


def frame(
    db: str | Path, run: str = "", library: Literal["pandas", "polars"] = "pandas", purpose: str = ""
) -> Any:
    """The outcomes of a run, a row a use of a trial, in the order of purposes.

    ``run``: an id or its unique beginning, the latest if empty. ``purpose``: only those that begin so, such as
    ``eval/``. Verifiers' scores are columns ``score_NAME``. Raises BadInput for an unknown run or library, and
    says what to install where the library is missing. For example ``frame("smena.db", "lab-causal")``."""
    if library not in ("pandas", "polars"):
        raise BadInput(f"unknown library {library!r}: pandas or polars")
    try:
        module = __import__(library)
    except ImportError:
        raise BadInput(f"{library} is not installed: `pip install 'smena[frames]'`") from None
    with Store.open(db, create=False) as store:
        columns = columns_of(store, store.run(run).id, purpose)
    return module.DataFrame(columns)


def columns_of(store: Store, run: str, purpose: str = "") -> dict[str, list[Any]]:
    """The frame's columns, each of the same length."""
    record = store.run(run)
    tasks = store.tasks(record.env)
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    scores: dict[str, list[float | None]] = {}
    for served in store.outcomes(record.id, purpose):
        trial, outcome = served.trial, served.outcome
        task = tasks.get(trial.task)
        row = (
            record.id, served.purpose, served.purpose.partition("/")[0], served.position, trial.key, trial.kind,
            trial.env, task.id if task else trial.task, task.split if task else None,
            task.cluster if task else None, trial.learner, trial.judge,
            " ".join(trial.knowledge), trial.feedback, trial.seed, outcome.status,
            outcome.y, outcome.reward, outcome.cost, outcome.latency, served.attempts, outcome.error,
        )  # fmt: skip
        done = len(columns["run"])
        for name, value in zip(COLUMNS, row, strict=True):
            columns[name].append(value)
        for name in outcome.scores.keys() - scores.keys():
            scores[name] = [None] * done
        for name, found in scores.items():
            found.append(outcome.scores.get(name))
    return columns | {f"score_{name}": found for name, found in sorted(scores.items())}


def write_inspect(store: Store, run: str, out: Path, purpose: str = "") -> int:
    """The run's attempts as an Inspect AI log (``.eval``), which `inspect view` opens; returns how many samples.

    A sample is a task in one purpose, its repeats are epochs. A learner that keeps its messages in its trace has
    them as the transcript; others show what was injected and answered. Raises BadInput where inspect-ai is
    missing or nothing fits."""
    try:
        from inspect_ai.log import (
            EvalConfig,
            EvalDataset,
            EvalLog,
            EvalResults,
            EvalSpec,
            EvalStats,
            write_eval_log,
        )
    except ImportError:
        raise BadInput("Inspect logs need inspect-ai: `pip install 'smena[inspect]'`") from None
    record = store.run(run)
    tasks = store.tasks(record.env)
    epochs: dict[tuple[str, str], int] = defaultdict(int)
    samples = []
    for served in store.outcomes(record.id, purpose):
        if served.trial.kind != "attempt":
            continue
        task = tasks.get(served.trial.task)
        name = f"{task.id if task else served.trial.task} · {served.purpose}"
        epochs[name, served.purpose] += 1
        samples.append(_sample(served, name, epochs[name, served.purpose]))
    if not samples:
        raise BadInput(f"run {record.id} has no attempt whose purpose begins with {purpose!r}")
    ids = list(dict.fromkeys(s.id for s in samples))
    judged = sum(s.error is None for s in samples)
    ended: dict[str, Any] = {"finished": "success", "failed": "error"}
    log = EvalLog(
        status=ended.get(record.status, "cancelled"),
        eval=EvalSpec(
            eval_id=record.fingerprint[:22],
            run_id=record.id,
            created=_utc(record.created_at),
            task=record.id,
            task_id=record.fingerprint[:22],
            dataset=EvalDataset(name=record.env, samples=len(ids), sample_ids=ids),
            model=f"smena/{record.learner}",
            config=EvalConfig(epochs=max(s.epoch for s in samples)),
            metadata={"policy": record.policy, "teacher": record.teacher, "seed": record.seed},
        ),
        results=EvalResults(total_samples=len(samples), completed_samples=judged, scores=_scores(samples)),
        stats=EvalStats(
            started_at=_utc(record.created_at), completed_at=_utc(record.finished_at or record.created_at)
        ),
        samples=samples,
    )
    write_eval_log(log, str(out), format="eval")
    return len(samples)


def _utc(time: str) -> str:
    return time.replace("Z", "+00:00")


def _sample(served: Served, name: str, epoch: int) -> Any:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ModelOutput
    from inspect_ai.scorer import Score

    trial, outcome = served.trial, served.outcome
    messages = _messages(served)
    answer = _text(outcome.output)
    score = {"y": Score(value=outcome.y, answer=answer[:2000])} if outcome.y is not None else {}
    score |= {verifier: Score(value=value) for verifier, value in outcome.scores.items()}
    return EvalSample(
        id=name,
        epoch=epoch,
        input=str(messages[0].content) if messages else name,
        target="",
        messages=messages,
        output=ModelOutput.from_content(f"smena/{trial.learner}", answer),
        scores=score or None,
        metadata={
            "trial": trial.key, "purpose": served.purpose, "knowledge": list(trial.knowledge), "seed": trial.seed,
            "status": outcome.status, "cost": outcome.cost, "executions": served.attempts,
        },
        error=_error(outcome.status, outcome.error),
        total_time=outcome.latency,
        uuid=f"{trial.key}-{served.position}",
    )  # fmt: skip


def _messages(served: Served) -> list[Any]:
    """The learner's own messages where its trace holds them, else what it was given and what it said."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageTool, ChatMessageUser

    kinds = {
        "system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant,
        "tool": ChatMessageTool,
    }  # fmt: skip
    trace = served.outcome.trace if isinstance(served.outcome.trace, dict) else {}
    if isinstance(own := trace.get("learner"), dict):  # beside its hypotheses, as the worker keeps it
        trace = own
    told = trace.get("messages")
    if isinstance(told, list) and told and all(isinstance(m, dict) and m.get("role") in kinds for m in told):
        return [kinds[m["role"]](content=_text(m.get("content"))) for m in told]
    if "prompt" in trace and isinstance(replies := trace.get("replies"), list):  # as smena_llm keeps it
        talk: list[Any] = [ChatMessageUser(content=_text(trace["prompt"]))]
        for seen, said in zip_longest(trace.get("observations", ()), replies):  # it looks, then speaks
            talk += [ChatMessageUser(content=_text(seen))] if seen is not None else []
            talk += [ChatMessageAssistant(content=_text(said))] if said is not None else []
        return talk
    given = served.trial.knowledge
    asked = f"Task {served.trial.task} with {len(given)} knowledge items: {', '.join(given) or 'none'}"
    return [ChatMessageUser(content=asked), ChatMessageAssistant(content=_text(served.outcome.output))]


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _error(status: str, error: str) -> Any:
    from inspect_ai._util.error import EvalError

    if status == "ok":
        return None
    return EvalError(message=f"{status}: {error or 'no verdict'}", traceback="", traceback_ansi="")


def _scores(samples: Iterable[Any]) -> list[Any]:
    from inspect_ai.log import EvalMetric, EvalScore

    values = [s.scores["y"].value for s in samples if s.scores and "y" in s.scores]
    if not values:
        return []
    mean = EvalMetric(name="mean", value=sum(values) / len(values))
    return [EvalScore(name="y", scorer="smena", scored_samples=len(values), metrics={"mean": mean})]
