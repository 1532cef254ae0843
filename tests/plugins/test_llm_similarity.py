"""Lessons in order by an embedding model: asked once for a text, paid, remembered and replayed like any trial."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from smena.config import RunConfig
from smena.errors import SmenaError, UnknownName
from smena.memory import Memory
from smena.money import metered
from smena.setup import Setup
from smena.values import Knowledge, Pattern, Provenance
from smena.vectors import Vectors, packed, unpacked
from smena_llm.similarity import LlmSimilarity, SimilarityConfig

sys.path.insert(0, str(Path(__file__).parent))
from llm_server import KEY, Running, running


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(keep_prompts=1) as found:
        yield found


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def similarity(server: Running, **more: Any) -> LlmSimilarity:
    return LlmSimilarity(SimilarityConfig(model="openai/embed", api_base=server.url, retries=0, **more))


def test_the_server_is_asked_the_same_by_either_client(server: Running) -> None:
    pytest.importorskip("litellm")
    vectors, used = [], []
    for client in ("direct", "litellm"):
        with metered() as meter:
            vectors.append(
                list(similarity(server, client=client, price_in=1.0, price_out=0.0).vector("a hot egg"))
            )
        used.append((meter.used[0].tokens_in, meter.used[0].tokens_out, meter.used[0].price))
    first, second = server.prompts()[-2:]
    assert first == second and vectors[0] == vectors[1] and any(vectors[0])
    assert used == [(3, 0, pytest.approx(3e-6))] * 2


def test_of_a_text_that_is_too_long_the_beginning_counts() -> None:
    with running(window=10) as small:
        assert list(similarity(small).vector("egg " * 32)) == list(similarity(small).vector("egg " * 8))


class Counting:
    """Trials, made here and now."""

    def __init__(self, setup: Setup) -> None:
        from smena.worker import Worker

        self.worker, self.batches = Worker(setup.config), []

    def run(self, wanted: Any) -> list[Any]:
        self.batches.append([w.job.text for w in wanted])
        return [self.worker(w.job) for w in wanted]


def config(server: Running, **more: Any) -> RunConfig:
    settings = {"similarity.llm": {"model": "openai/embed", "api_base": server.url}}
    return RunConfig(env="lab", similarity="llm", settings=settings, **more)


def test_what_means_alike_comes_first_and_each_text_is_asked_once(server: Running) -> None:
    setup = Setup(config(server))
    trials = Counting(setup)
    vectors = Vectors(setup, trials)  # type: ignore[arg-type]
    memory = Memory(vectors)
    names = ("wash the mug", "heat the food", "look under the lamp")
    items = [Knowledge(Pattern(n, (), ()), (), Provenance("t", "1", "x")) for n in names]
    for item in items:
        memory.propose(item)
    assert memory.retrieve((), 1, items, "a hot egg") == [items[1]], "no word in common"
    assert memory.retrieve((), 1, items, "a warm bread") == [items[1]]
    asked = [text for batch in trials.batches for text in batch]
    assert len(asked) == len(set(asked)) == 5 and len(trials.batches) == 2
    assert vectors("", ["heat the food", ""]) == [0.0, 0.0] and vectors("a hot egg", [" "]) == [0.0]


def test_a_vector_that_cannot_be_had_stops_the_run(server: Running) -> None:
    class Lost:
        def run(self, wanted: Any) -> list[Any]:
            from smena.values import Outcome

            return [Outcome(w.job.trial.key, "infra", error="gone") for w in wanted]

    with pytest.raises(SmenaError, match=r"no vector of a text could be had.*gone"):
        Vectors(Setup(config(server)), Lost())("a", ["b"])  # type: ignore[arg-type]


def test_a_model_that_changed_behind_its_name_is_told(server: Running) -> None:
    class Changed:
        def run(self, wanted: Any) -> list[Any]:
            from smena.values import Outcome

            return [Outcome(w.job.trial.key, output=packed([1.0] * (n + 1))) for n, w in enumerate(wanted)]

    with pytest.raises(SmenaError, match=r"different lengths \(1, 2\)"):
        Vectors(Setup(config(server)), Changed())("a", ["b"])  # type: ignore[arg-type]


def test_a_vector_keeps_its_direction_and_nonsense_is_refused() -> None:
    assert unpacked(packed([3.0, 4.0])).tolist() == pytest.approx([0.6, 0.8])
    for bad in ([], [0.0, 0.0], [float("nan")], [[1.0]]):
        with pytest.raises(ValueError, match="a vector must"):
            packed(bad)  # type: ignore[arg-type]


def test_the_choice_is_part_of_a_runs_fingerprint(server: Running) -> None:
    other = {"similarity.llm": {"model": "openai/other", "api_base": server.url}}
    slow = {"similarity.llm": {"model": "openai/embed", "api_base": server.url, "timeout": 3.0}}
    prints = {
        Setup(c).run_print
        for c in (
            RunConfig(env="lab"),
            RunConfig(env="lab", similarity="text"),
            config(server),
            RunConfig(env="lab", similarity="llm", settings=other),
        )
    }
    assert len(prints) == 4
    told = [Setup(RunConfig(env="lab", similarity="llm", settings=s)).similarity_print for s in (slow, other)]
    assert told[0] == Setup(config(server)).similarity_print != told[1]
    with pytest.raises(UnknownName, match="unknown similarity 'lm': did you mean 'llm'"):
        Setup(RunConfig(env="lab", similarity="lm"))
    with pytest.raises(UnknownName, match="did you mean 'features'"):
        Setup(RunConfig(env="lab", similarity="feature"))


@pytest.mark.slow
def test_a_run_pays_for_vectors_once_and_is_replayed_without(tmp_path: Path, server: Running) -> None:
    """The embedded learner, so that vectors are all that is paid for."""
    words = ["run", "--env", "lab", "-q", "--tasks", "8", "--set", "similarity=llm"]
    words += ["--set", "env.lab.sizes={train=12,eval=4,holdout=4,audit=4}"]
    for name, value in {
        "model": "openai/embed",
        "api_base": server.url,
        "price_in": 1,
        "price_out": 0,
    }.items():
        words += ["--set", f"similarity.llm.{name}={value}"]

    def smena(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "smena", *more]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)

    before = server.counts()
    done = smena(*words)
    assert done.returncode == 0, done.stderr
    after = server.counts()
    embedded = after["embedded"] - before["embedded"]
    with sqlite3.connect(tmp_path / "smena.db") as connection:
        sums = "COUNT(*), SUM(price), SUM(json_extract(usage, '$.tokens_in'))"
        sql = f"SELECT {sums} FROM outcomes WHERE kind = 'vector'"
        count, price, tokens = connection.execute(sql).fetchone()
    assert count == embedded > 20 and tokens == after["tokens_in"] - before["tokens_in"]
    assert price == pytest.approx(tokens / 1e6)
    families = json.loads(smena("report", "--format", "json").stdout)["ledger"]["families"]
    assert {f["name"]: f["trials"] for f in families}["vectors"] == count

    assert smena("export", "lab-causal", "run.jsonl.gz").returncode == 0
    assert smena("import", "run.jsonl.gz", "--db", "other.db").returncode == 0
    replayed = smena("resume", "--offline", "-q", "--db", "other.db")
    assert replayed.returncode == 0, replayed.stderr
    assert smena("report", "--db", "other.db").stdout == smena("report").stdout
    assert server.counts()["embedded"] == after["embedded"]
    stopped = smena(*words, "--max-tokens", "100", "--db", "third.db")
    assert stopped.returncode == 1 and "stopped before 100 tokens" in stopped.stderr, stopped.stderr


def test_it_keeps_the_contract_of_similarities(server: Running) -> None:
    from smena.testing import SimilarityContract, examine

    class Ours(SimilarityContract):
        name = "llm"
        settings = {"model": "openai/embed", "api_base": server.url}  # noqa: RUF012

    found = list(examine(Ours()))
    assert {f.result for f in found} == {"ok"} and len(found) > 3, found
