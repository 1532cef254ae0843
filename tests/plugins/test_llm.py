"""Language models through real litellm and real sockets: a local server speaks the protocol, its model knows the
lab's planted effects. Nothing in the product knows of it."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from smena.protocols import Observation, Situation
from smena.values import Fact, Feedback, Finding, Gap, Pattern, cause

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from llm_server import KEY, Running, running  # noqa: E402

if find_spec("litellm") is None and not os.environ.get("SMENA_REQUIRE_REAL"):
    pytest.skip("the extra llm is not installed", allow_module_level=True)

both = pytest.mark.parametrize("client", ["direct", "litellm"])
"""Whoever calls the server, what comes of it is the same."""
SMALL = ["--tasks", "8", "--set", "env.lab.sizes={train=12,eval=4,holdout=4,audit=4}"]


@dataclasses.dataclass
class Place:
    """Where a command runs: a directory, a server, an environment."""

    path: Path
    server: Running
    key: str = KEY
    client: str = "auto"

    def smena(self, *words: str, key: str | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "smena", *words],
            cwd=self.path,
            env=self.env(key),
            capture_output=True,
            text=True,
            timeout=240,
            **more,
        )

    def env(self, key: str | None = None) -> dict[str, str]:
        env = {k: v for k, v in os.environ.items() if "API_KEY" not in k}
        chosen = self.key if key is None else key
        return env | ({"OPENAI_API_KEY": chosen} if chosen else {})

    def words(self, model: str = "lab", *more: str) -> list[str]:
        words = ["run", "--env", "lab", "--model", f"openai/{model}", "-q", *SMALL]
        for kind in ("learner", "teacher"):
            for name, value in {
                "api_base": self.server.url,
                "price_in": 1,
                "price_out": 4,
                "timeout": 8,
                "max_tokens": 200,
                "client": self.client,
            }.items():
                words += ["--set", f"{kind}.llm.{name}={value}"]
        return [*words, *more]

    def run(self, model: str = "lab", *more: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
        return self.smena(*self.words(model, *more), key=key)

    def query(self, sql: str, db: str = "smena.db") -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.path / db) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(delay=0.01) as found:
        yield found


@pytest.fixture
def client() -> str:
    return "auto"


@pytest.fixture
def place(tmp_path: Path, server: Running, client: str) -> Place:
    return Place(tmp_path, server, client=client)


SPENT = """SELECT SUM(price), SUM(json_extract(usage, '$.tokens_in')), SUM(json_extract(usage, '$.tokens_out'))
FROM (SELECT price, usage FROM outcomes WHERE status = 'ok' UNION ALL SELECT price, usage FROM failures)"""


@pytest.mark.slow
@both
def test_a_run_its_money_its_replay_and_its_privacy(tmp_path: Path, client: str) -> None:
    with running(delay=0.01) as server:
        place = Place(tmp_path, server, client=client)
        done = place.run()
        assert done.returncode == 0, done.stderr
        [(price, into, out)] = place.query(SPENT)
        counts = server.counts()
        assert (into, out) == (counts["tokens_in"], counts["tokens_out"]) and counts["repeated"] == 0
        assert price == pytest.approx(server.price(), rel=1e-9)
        versions = place.query(
            "SELECT DISTINCT json_extract(usage, '$.version'), json_extract(usage, '$.fingerprint') FROM outcomes"
        )
        assert versions == [("lab-2026-01", "fp_1")]

        calls = counts["requests"]
        assert place.run().returncode == 0 and server.counts()["requests"] == calls, "the store is the memo"

        assert place.smena("export", "lab-causal", "run.jsonl.gz").returncode == 0
        assert place.smena("import", "run.jsonl.gz", "--db", "other.db", key="").returncode == 0
        reports = [place.smena("report", "--db", db, key="").stdout for db in ("smena.db", "other.db")]
        assert reports[0] == reports[1] and "lessons proposed" in reports[0]
        replayed = place.smena("resume", "--offline", "-q", "--db", "other.db", key="")
        assert replayed.returncode == 0, replayed.stderr
        assert place.smena("report", "--db", "other.db", key="").stdout == reports[0]
        assert server.counts()["requests"] == calls
        estimated = place.smena("estimate", *place.words()[1:5], *place.words()[6:])
        assert "trials of this learner in the store" in estimated.stdout, estimated.stderr

    found = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    said = done.stdout + done.stderr + replayed.stdout + estimated.stdout
    assert KEY.encode() not in found and KEY not in said


@pytest.mark.slow
def test_what_is_planted_useful_is_trusted_and_nothing_else(tmp_path: Path) -> None:
    """The effect of the useful lessons is large (+0.7) so that a run this short can see it; bench/llm.md has one
    at the lab's own +0.4."""
    world = ["env.lab.sizes={train=96,eval=8,holdout=4,audit=8}", "env.lab.effects={useful=0.7}"]
    short = ["run.pool=20", "run.eval_repeats=1", "run.audit_repeats=1", "run.audit_items=1"]
    more = [word for setting in (*world, *short) for word in ("--set", setting)]
    with running(delay=0.01, lessons="useful,null,harmful,null") as server:
        done = Place(tmp_path, server).run("lab", "--tasks", "96", *more)
        assert done.returncode == 0, done.stderr
        status, refused = {}, set()
        query = Place(tmp_path, server).query
        for to, name in query(
            "SELECT to_status, name FROM transitions JOIN knowledge ON digest = item ORDER BY seq"
        ):
            status[name] = to
        for gate, name in query(
            "SELECT gate, name FROM decisions JOIN knowledge ON digest = item WHERE verdict = 'drop'"
        ):
            refused |= {name.split(":")[0]} if gate in ("screen", "confirm") else set()
    trusted = [name.split(":")[0] for name, to in status.items() if to == "trusted"]
    assert len(trusted) >= 3 and set(trusted) == {"useful"}, status
    assert {"null", "harmful"} <= refused, "they came to a gate, and it turned them away"


def test_what_is_missing_offline_is_an_error_and_no_call(place: Place) -> None:
    before = place.server.counts()["requests"]
    done = place.run("lab", "--offline")
    assert done.returncode == 1 and "are not in the store, and --offline makes none" in done.stderr
    assert place.server.counts()["requests"] == before


@pytest.mark.slow
@both
def test_a_storm_loses_nothing_and_its_money_is_counted_exactly(tmp_path: Path, client: str) -> None:
    calm, stormy = tmp_path / "calm", tmp_path / "storm"
    tables, port = [], 0
    for folder, storm in ((calm, 0.0), (stormy, 0.3)):
        folder.mkdir()
        with running(delay=0.01, storm=storm, port=port) as server:  # the address is part of a trial's key
            place, port = Place(folder, server, client=client), int(server.url.split(":")[2].split("/")[0])
            done = place.run("lab", "--set", "learner.llm.timeout=3", "--set", "teacher.llm.timeout=3")
            assert done.returncode == 0, done.stderr
            [(price, into, out)] = place.query(SPENT)
            counts = server.counts()
            assert (into, out) == (counts["tokens_in"], counts["tokens_out"])
            assert price == pytest.approx(server.price(), rel=1e-9)
            if storm:
                assert min(counts[kind] for kind in ("429", "500", "reset", "hang", "truncated")) > 0
                assert place.query("SELECT DISTINCT status FROM outcomes") == [("ok",)]
                assert place.query("SELECT SUM(json_extract(usage, '$.retried')) FROM outcomes")[0][0] > 50
        tables.append(place.query("SELECT key, y, reward FROM outcomes ORDER BY key"))
    assert tables[0] == tables[1], "failures change no outcome"


@pytest.mark.slow
@pytest.mark.parametrize("limit", [("--max-cost", "0.012"), ("--max-tokens", "9000")])
def test_a_limit_is_never_exceeded_and_the_run_goes_on_from_there(
    tmp_path: Path, limit: tuple[str, str]
) -> None:
    with running(delay=0.01) as server:
        place = Place(tmp_path, server)
        before = 0.0
        for _ in range(2):
            done = place.run("lab", *limit)
            assert done.returncode == 1 and "stopped before" in done.stderr, done.stderr
            counts = server.counts()
            now = server.price() if limit[0] == "--max-cost" else counts["tokens_in"] + counts["tokens_out"]
            assert 0 < now - before <= float(limit[1])
            before = now
        assert server.counts()["repeated"] == 0
        assert place.query("SELECT COUNT(*) FROM outcomes WHERE status != 'ok'") == [(0,)]


def test_a_price_that_nobody_knows_cannot_be_limited(place: Place) -> None:
    words = list(place.words("lab", "--max-cost", "1"))
    for kind in ("learner", "teacher"):
        for name in ("price_in=1", "price_out=4"):
            at = words.index(f"{kind}.llm.{name}")
            del words[at - 1 : at + 1]
    done = place.smena(*words)
    assert done.returncode == 2 and "the price of openai/lab is not known" in done.stderr


@pytest.mark.slow
def test_killed_at_any_moment_nothing_stored_is_asked_again(tmp_path: Path) -> None:
    concurrency, kills = 8, 4
    with running(delay=0.05) as server:
        place = Place(tmp_path, server)
        words = place.words("lab", "--concurrency", str(concurrency))
        for number in range(kills):
            process = subprocess.Popen(
                [sys.executable, "-m", "smena", *words],
                cwd=tmp_path,
                env=place.env(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            target = server.counts()["replies"] + 15 + 7 * number
            while server.counts()["replies"] < target and process.poll() is None:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait()
        done = place.smena(*words)
        assert done.returncode == 0, done.stderr
        stored = place.query("SELECT COUNT(*) FROM outcomes WHERE status = 'ok'")[0][0]
        counts = server.counts()
        assert counts["replies"] - stored <= concurrency * kills
        assert counts["repeated"] <= concurrency * kills


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "processes"), [(0, 1), (2, 2)])
def test_what_waits_for_a_model_shares_a_process(tmp_path: Path, workers: int, processes: int) -> None:
    """A process with litellm in it takes hundreds of megabytes: by default there is one for 64 trials at once."""
    with running(delay=0.3) as server:
        place = Place(tmp_path, server)
        words = place.words("lab", "--workers", str(workers), "--concurrency", "40")
        run = subprocess.Popen([sys.executable, "-m", "smena", *words], cwd=tmp_path, env=place.env())
        try:
            while server.counts()["replies"] < 40 and run.poll() is None:
                time.sleep(0.05)
            children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        finally:
            run.kill()
            run.wait()
        assert len(children) == processes
        assert server.counts()["most"] > 4, "side by side; how many depends on when each process is ready"


BAD = [
    ("lab", "", 2, "no key for openai/lab: set OPENAI_API_KEY in the environment"),
    ("lab", "sk-wrong-key-987654321", 2, "the provider does not accept the key for openai/lab"),
    ("nowhere", KEY, 2, "the provider knows no model openai/nowhere"),
]


@both
@pytest.mark.parametrize(("model", "key", "code", "text"), BAD)
def test_what_no_call_can_mend_ends_the_run(place: Place, model: str, key: str, code: int, text: str) -> None:
    if not key:
        place.client = "auto"
    words = place.words(model)
    if not key:  # a server of one's own needs none: this is about the provider
        words = [w for w in words if "api_base" not in w]
        words = [w for i, w in enumerate(words) if not (w == "--set" and words[i + 1 : i + 2] == ["--set"])]
    done = place.smena(*words, key=key)
    assert done.returncode == code and text in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert key == "" or key not in done.stderr
    assert place.query("SELECT COUNT(*) FROM outcomes") == [(0,)]


def test_an_unknown_model_is_named(place: Place) -> None:
    done = place.smena("run", "--env", "lab", "--model", "nonsense", "-q", *SMALL)
    assert done.returncode == 2 and "unknown model 'nonsense': write PROVIDER/NAME" in done.stderr


@pytest.fixture
def learner(server: Running, monkeypatch: pytest.MonkeyPatch, client: str) -> Any:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    from smena_llm.learner import LearnerConfig, LlmLearner

    def make(model: str = "lab", **settings: Any) -> LlmLearner:
        config = {"api_base": server.url, "price_in": 1.0, "price_out": 4.0, "timeout": 3.0, "client": client}
        config |= settings
        return LlmLearner(LearnerConfig(model=f"openai/{model}", **config))

    return make


VIEW = {"cluster": "cluster=0", "effects": {"useful": 1.0, "null": 0.0, "harmful": -1.0, "crutch": 0.5}}
SURE = Situation({**VIEW, "name": "t", "p0": 0.0}, ("cluster=0",))
USEFUL = Pattern("useful:cluster=0/1", ("cluster=0",), ("planted",))


def test_knowledge_reaches_the_model_and_feedback_too(learner: Any) -> None:
    made = learner()
    assert str(made.attempt(SURE, [], None, 1).answer).startswith("wrong:")
    told = made.attempt(SURE, [USEFUL], Feedback(Gap((Finding("colour", "unlike"),)), None), 1)
    assert told.answer == "right:t" and told.error == ""
    assert "- colour: unlike" in told.trace["prompt"] and "useful:cluster=0/1" in told.trace["prompt"]


@both
@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("empty", "empty: openai/empty gave no text"),
        ("filtered", "refused"),
        ("garbage", "unparsable after 2"),
    ],
)
def test_a_reply_that_is_no_answer_is_the_models_failure(learner: Any, model: str, error: str) -> None:
    made = learner(model).attempt(SURE, [], None, 1)
    assert made.answer is None and made.error.startswith(error)
    assert cause(made.error) == error.split()[0].rstrip(":")


@both
def test_a_reply_that_was_cut_says_what_to_raise(learner: Any) -> None:
    assert "max_tokens = 2048: raise it" in learner("cut").attempt(SURE, [USEFUL], None, 1).error


@both
@pytest.mark.parametrize("model", ["garbled", "plain"])
def test_a_second_try_mends_it(learner: Any, model: str) -> None:
    """Unreadable the first time; a server that takes no response_format."""
    assert learner(model).attempt(SURE, [USEFUL], None, 1).answer == "right:t"


@both
def test_replies_in_pieces_are_the_same(learner: Any) -> None:
    from smena.money import metered

    used = []
    for stream in (False, True):
        with metered() as meter:
            assert learner(stream=stream).attempt(SURE, [USEFUL], None, 1).answer == "right:t"
        total = meter.total()
        assert total is not None
        used.append((total.tokens_in, total.tokens_out, total.price))
    assert used[0] == used[1]


@both
@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_out_of_a_cache_says_so(learner: Any, stream: bool) -> None:
    """A gateway's header; the gates then count equal outputs once. With --no-trace too."""
    from smena.worker import _trace

    made = learner("cached", stream=stream)
    seed = 77 + stream + 2 * (made.config.client == "direct")
    first, again = (made.attempt(SURE, [USEFUL], None, seed) for _ in range(2))
    assert "cached" not in first.trace and again.trace["cached"] is True
    assert first.hypotheses == again.hypotheses
    assert _trace(again, keep=False)["learner"] == {"cached": True}
    assert "cached" not in learner("lab", stream=stream).attempt(SURE, [USEFUL], None, seed).trace


@both
def test_what_does_not_fit_is_dropped_by_rule_and_the_task_never(
    monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    from smena.errors import InfraError
    from smena_llm.learner import LearnerConfig, LlmLearner

    items = [Fact(f"thing {n}", "is", "x" * 400) for n in range(8)]
    with running(window=900) as server:
        config = LearnerConfig(model="openai/lab", api_base=server.url, lesson_tokens=0, client=client)  # type: ignore[arg-type]
        made = LlmLearner(config)
        attempt = made.attempt(SURE, items, None, 1)
        assert attempt.trace["lessons_dropped"] > 0
        assert "thing 7" in attempt.trace["prompt"], "the last, which a comparison adds, is kept longest"
        long = Situation({**VIEW, "name": "t" * 4000, "p0": 0.0}, ())
        with pytest.raises(InfraError, match="overflow: the task alone is about") as caught:
            made.attempt(long, items, None, 1)
        assert cause(str(caught.value)) == "overflow"


@both
def test_fewer_calls_at_once_when_the_provider_says_too_many(
    monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    from smena_llm.learner import LearnerConfig, LlmLearner

    with running(delay=0.05, most=4) as server:
        config = LearnerConfig(model="openai/lab", api_base=server.url, retries=30, client=client)  # type: ignore[arg-type]
        made = LlmLearner(config)
        with ThreadPoolExecutor(32) as pool:
            done = list(pool.map(lambda n: made.attempt(SURE, [USEFUL], None, n), range(150)))
        assert {a.answer for a in done} == {"right:t"}
        assert made.model._throttle.limit < 20


class Doors:
    """One of two doors is right; a note in the prompt is of no help."""

    def __enter__(self) -> Doors:
        self.done: list[str] = []
        return self

    def __exit__(self, *_: object) -> None: ...

    def start(self) -> Observation:
        return Observation("You see two doors.", actions=("open left", "open right"))

    def act(self, action: str) -> Observation:
        self.done.append(action)
        over = action == "open right"
        return Observation("You are out." if over else "A wall.", over, ("open left", "open right"))

    def answer(self) -> list[str]:
        return self.done


def test_an_interactive_task_is_played(learner: Any) -> None:
    situation = Situation({"goal": "get out"}, (), None, Doors)
    made = learner(max_steps=20).attempt(situation, [USEFUL], None, 3)
    assert made.answer[-1] == "open right" and len(made.answer) <= 20 and made.error == ""
    assert "useful:cluster=0/1" in made.trace["prompt"] and made.trace["observations"][-1] == "You are out."
    assert made == learner(max_steps=20).attempt(situation, [USEFUL], None, 3), "the seed is all the chance"
    cut = learner(max_steps=1).attempt(situation, [], None, 4)
    assert len(cut.answer) <= 1
    mute = learner("garbage").attempt(situation, [], None, 1)
    assert mute.answer == [] and mute.error.startswith("unparsable: no line `Action:")


def test_the_teacher_gives_lessons_tied_to_the_task(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from smena.errors import NoLessons
    from smena_llm.teacher import LlmTeacher, TeacherConfig

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    failed = Feedback(Gap((Finding("answer", "wrong"),)), _failed())
    teacher = LlmTeacher(TeacherConfig(model="openai/lab", api_base=server.url))
    lessons = teacher.lessons(SURE, failed, 1)
    assert [lesson.rung for lesson in lessons] == ["rung-1", "rung-2"]
    assert all(lesson.body.triggers == ("cluster=0",) for lesson in lessons)
    for model, said in (("garbage", "unparsable after 2 tries"), ("filtered", "refused"), ("empty", "empty")):
        mute = LlmTeacher(TeacherConfig(model=f"openai/{model}", api_base=server.url))
        with pytest.raises(NoLessons, match=f"^{said}"):
            mute.lessons(SURE, failed, 1)


def _failed() -> Any:
    from smena.values import Attempt

    return Attempt("wrong:1")


def test_the_judge_judges_and_its_call_is_paid(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from smena.errors import InfraError
    from smena.money import metered
    from smena.values import Attempt, Task
    from smena_llm.judge import JudgeConfig, LlmJudge

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    judge = LlmJudge(JudgeConfig(model="openai/lab", api_base=server.url))
    task = Task("t", "eval", SURE.view, "right:t", features=("cluster=0",))
    with metered() as meter:
        scores = [judge.verify(None, task, Attempt(a)).score for a in ("right:t", "wrong:1", None)]  # type: ignore[arg-type]
    assert scores == [0.9, 0.1, 0.0] and len(meter.used) == 2
    with pytest.raises(InfraError, match="the judge gave no score"):
        LlmJudge(JudgeConfig(model="openai/garbage", api_base=server.url)).verify(None, task, Attempt("x"))  # type: ignore[arg-type]


@both
def test_doctor_tells_what_a_model_can_do(place: Place) -> None:
    base = [f"learner.llm.api_base={place.server.url}", "--set", f"learner.llm.client={place.client}"]
    done = place.smena("doctor", "--model", "openai/lab", "--set", *base)
    assert done.returncode == 0, done.stderr
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert told["model"] == "openai/lab, answered as lab-2026-01" and told["fingerprint"] == "fp_1"
    assert told["seed"] == "sent" and told["price"].startswith("not known")


@pytest.mark.slow
def test_a_model_that_changes_between_the_arms_of_a_comparison_is_told(tmp_path: Path) -> None:
    with running(delay=0.01) as server:
        place = Place(tmp_path, server)
        done = place.run("drift")
        assert done.returncode == 0, done.stderr
    evidence = [
        json.loads(text) for (text,) in place.query("SELECT evidence FROM decisions WHERE gate != 'audit'")
    ]
    assert any(e.get("model_changed") for e in evidence)


@pytest.mark.slow
def test_why_there_was_no_answer_is_counted_in_the_report(tmp_path: Path) -> None:
    with running() as server:
        place = Place(tmp_path, server)
        done = place.run("moody", "--tasks", "4", "--set", "run.audit_items=1", "--set", "run.bank=1")
        assert done.returncode == 0, done.stderr
        told = place.smena("report").stdout
    causes = dict(
        place.query(
            "SELECT SUBSTR(error, 1, INSTR(error || ' ', ' ') - 1), COUNT(*) FROM outcomes GROUP BY 1"
        )
    )
    judged = "SELECT DISTINCT status, y FROM outcomes WHERE error != '' AND error NOT LIKE 'untaught: %'"
    assert set(place.query(judged)) == {("ok", 0)}
    counts = {
        word: causes[found]
        for word in ("empty", "refused", "unparsable")
        for found in causes
        if word in found
    }
    assert len(counts) == 3
    words = ", ".join(f"{n} {word}" for word, n in counts.items())
    assert f"replies without an answer, judged as failures: {words}" in " ".join(told.split())
    kinds = place.query("SELECT DISTINCT SUBSTR(error, 11, 5) FROM outcomes WHERE error LIKE 'untaught: %'")
    assert causes["untaught:"] > 0 and set(kinds) <= {("empty",), ("refus",), ("unpar",)}
    assert place.query("SELECT COUNT(*) FROM outcomes WHERE error LIKE 'untaught: %' AND output != '[]'") == [
        (0,)
    ]
    assert f"{causes['untaught:']} times no lesson could be read in the teacher's reply" in " ".join(
        told.split()
    )


@pytest.mark.slow
def test_no_trace_keeps_texts_out_of_the_store(tmp_path: Path) -> None:
    with running(delay=0.01) as server:
        place = Place(tmp_path, server)
        assert place.run("lab", "--no-trace", "--max-trials", "60").returncode == 1
    found = b"".join(p.read_bytes() for p in tmp_path.rglob("smena.db*"))
    assert b"# Task" not in found and b"bears on the task" not in found
    assert place.query("SELECT COUNT(*) FROM outcomes")[0][0] >= 60


@both
def test_no_call_goes_anywhere_else(tmp_path: Path, client: str) -> None:
    """Every address that the process asks for, as the interpreter's audit hook tells. litellm is loaded where it
    calls only."""
    script = (
        f"client = {client!r}"
        + """
import sys
seen = []
sys.addaudithook(lambda e, a: seen.append(a) if e in ("socket.connect", "socket.getaddrinfo") else None)
from smena_llm.learner import LearnerConfig, LlmLearner
from smena.protocols import Situation
try:
    LlmLearner(LearnerConfig(model="openai/x", api_base="http://127.0.0.1:9/v1", retries=0, client=client)
        ).attempt(Situation({}, ()), [], None, 1)
except Exception as error:
    print(type(error).__name__)
print([a for a in seen if "127.0.0.1" not in str(a)])
print([name for name in ("litellm", "openai", "httpx") if name in sys.modules])
"""
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        env=os.environ | {"OPENAI_API_KEY": "x"},
    )
    loaded = [] if client == "direct" else ["litellm", "openai", "httpx"]
    assert done.stdout == f"NoModel\n[]\n{loaded}\n", done.stdout + done.stderr
