"""Runs as OpenTelemetry spans, sent by the real exporter to a real server on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from smena.cli.progress import NoDisplay
from smena.config import RunConfig
from smena.errors import BadInput, SmenaError
from smena.session import Machine, execute
from smena.spans import send_spans
from smena.store import Run, Store
from smena.values import Outcome, Trial, Usage


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spans") / "lab.db"
    settings = {"env.lab": {"sizes": {"train": 12, "eval": 6, "holdout": 4, "audit": 6}}}
    execute(RunConfig(env="lab", wave=6, settings=settings), Machine(str(path), workers=1), NoDisplay())
    return path


class Collector(BaseHTTPRequestHandler):
    answer = 200
    taken: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces" and self.answer == 200:
            self.taken.append(body)
        self.send_response(self.answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[tuple[str, type[Collector]]]:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    handler = type("Handler", (Collector,), {"taken": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler
    server.shutdown()
    server.server_close()


def spans_in(bodies: list[bytes]) -> list[dict[str, Any]]:
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    return [
        span
        for body in bodies
        for resource in MessageToDict(ExportTraceServiceRequest.FromString(body))["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def value(span: dict[str, Any], name: str) -> Any:
    return next((next(iter(a["value"].values())) for a in span["attributes"] if a["key"] == name), None)


def test_every_executed_trial_is_a_span_below_its_run(
    db: Path, collector: tuple[str, type[Collector]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, handler = collector
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")  # meant for programs that run on
    with Store.open(db) as store:
        count = send_spans(store, "", address)
        run = store.run()
        trials = {served.trial.key: served for served in store.outcomes(run.id)}
    root, *below = spans_in(handler.taken)
    assert count == len(below) + 1 == len(trials) + 1
    assert root["name"] == f"run {run.id}" and "parentSpanId" not in root
    assert {s["parentSpanId"] for s in below} == {root["spanId"]}
    assert {s["traceId"] for s in below} == {root["traceId"]} and len({s["spanId"] for s in below}) == len(
        below
    )
    assert {value(s, "smena.trial") for s in below} == set(trials)
    for span in below:
        outcome = trials[value(span, "smena.trial")].outcome
        assert value(span, "smena.status") == outcome.status
        took = int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
        assert took == pytest.approx(outcome.latency * 1e9, abs=1000)
        assert int(span["endTimeUnixNano"]) <= int(root["endTimeUnixNano"])


def test_sent_again_it_has_the_same_ids(db: Path, collector: tuple[str, type[Collector]]) -> None:
    address, handler = collector
    with Store.open(db) as store:
        send_spans(store, "", address)
        send_spans(store, "", address)
    ids = [(s["traceId"], s["spanId"]) for s in spans_in(handler.taken)]
    assert ids[: len(ids) // 2] == ids[len(ids) // 2 :]


def test_a_call_to_a_model_and_a_failed_trial(tmp_path: Path, collector: tuple[str, type[Collector]]) -> None:
    address, handler = collector
    used = Usage(model="openai/m", version="m-1", tokens_in=7, tokens_out=3, price=0.5)
    trials = [Trial("e@1", f"t{i}", "l@1", "j@1") for i in range(2)]
    with Store.open(tmp_path / "x.db") as store:
        store.start_run(
            Run(
                id="r",
                env="e@1",
                learner="l@1",
                teacher="t@1",
                policy="p@1",
                seed=0,
                config={},
                fingerprint="f",
            )
        )
        done = Outcome(trials[0].key, y=1, reward=1.0, output="SECRET ANSWER", usage=used)
        store.remember(trials[0], done)
        store.remember(trials[1], Outcome(trials[1].key, status="infra", error="the sandbox is gone"))
        store.link("r", "train", [t.key for t in trials])
        with pytest.raises(BadInput, match="has not ended"):
            send_spans(store, "r", address)
        store.finish_run("r")
        assert send_spans(store, "r", address) == 3
    called, failed = (
        next(s for s in spans_in(handler.taken)[1:] if value(s, "smena.status") == status)
        for status in ("ok", "infra")
    )
    assert called["kind"] == "SPAN_KIND_CLIENT" and value(called, "gen_ai.usage.input_tokens") == "7"
    assert value(called, "gen_ai.request.model") == "openai/m" and value(called, "smena.price_usd") == 0.5
    assert failed["status"] == {"code": "STATUS_CODE_ERROR", "message": "the sandbox is gone"}
    assert "SECRET ANSWER" not in json.dumps(spans_in(handler.taken))


def test_a_collector_that_refuses_is_told(db: Path, collector: tuple[str, type[Collector]]) -> None:
    address, handler = collector
    handler.answer = 400
    with Store.open(db) as store, pytest.raises(SmenaError, match="did not take the spans"):
        send_spans(store, "", address)


def test_bad_input(db: Path) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    with Store.open(db) as store:
        with pytest.raises(BadInput, match="no address"):
            send_spans(store, "", "127.0.0.1:4318")
        with pytest.raises(BadInput, match="no run"):
            send_spans(store, "zzz", "http://127.0.0.1:4318")
