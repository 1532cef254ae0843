"""A run as OpenTelemetry spans, for the trace viewers that people have: the run is the root, what it executed
hangs below it.

The SDK and its OTLP exporter are an extra and imported when used."""

from __future__ import annotations

import logging
from datetime import datetime
from itertools import count
from typing import Any

import msgspec

from smena.errors import BadInput, SmenaError
from smena.store import Store
from smena.values import digest

WAIT = 10.0
"""Seconds for one batch to be taken; the exporter's own default."""


def send_spans(store: Store, run: str, endpoint: str) -> int:
    """Send what a run executed to ``endpoint`` (OTLP over HTTP, ``http://HOST:4318``); returns how many spans.

    A trial's span ends when its outcome was stored and is as long as it took; one that the run found in the
    store is another run's and left out. Attributes of model calls are OpenTelemetry's (``gen_ai.*``), ours begin
    with ``smena.``; texts of prompts and answers are not sent. Sent twice, a run has the same ids. Raises
    BadInput for an unknown run or where the extra is missing, SmenaError where the endpoint takes no spans."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SpanExportResult
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
    except ImportError:
        raise BadInput("spans need OpenTelemetry's exporter: `pip install 'smena[otel]'`") from None
    if not endpoint.startswith(("http://", "https://")):
        raise BadInput(
            f"{endpoint!r} is no address of an OTLP/HTTP collector: give one such as http://HOST:4318"
        )
    record = store.run(run)
    if record.finished_at is None:
        raise BadInput(
            f"{record.id} has not ended: its span has no end yet; `smena resume {record.id}` goes on"
        )
    began, ended = _ns(record.created_at), _ns(record.finished_at)
    provider = TracerProvider(
        sampler=ALWAYS_ON,  # the environment's is for programs that run on
        resource=Resource.create({"service.name": "smena"}),
        id_generator=_ids(record.fingerprint, began),
    )
    tracer = provider.get_tracer("smena", record.smena_version)
    root = tracer.start_span(
        f"run {record.id}",
        start_time=began,
        attributes={
            "smena.run": record.id, "smena.env": record.env, "smena.learner": record.learner,
            "smena.teacher": record.teacher, "smena.policy": record.policy, "smena.seed": record.seed,
            "smena.status": record.status,
        },
    )  # fmt: skip
    if not root.is_recording():
        raise BadInput("OTEL_SDK_DISABLED is set: unset it to send spans")
    under = set_span_in_context(root)
    spans: list[Any] = [root]
    for row in store.executed(record.id):
        end = _ns(row["created_at"])
        if not began <= end <= ended:
            continue
        span = tracer.start_span(
            f"{row['kind']} {row['name'] or row['task']}",
            under,
            kind=SpanKind.CLIENT if row["usage"] else SpanKind.INTERNAL,
            start_time=end - int(row["latency"] * 1e9),
            attributes=_attributes(row),
        )
        if row["status"] in ("infra", "timeout"):
            span.set_status(Status(StatusCode.ERROR, row["error"]))
        span.end(end)
        spans.append(span)
    root.end(ended)
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # what it would say a retry, we say once
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=WAIT)
    try:
        for batch in (spans[i : i + 2000] for i in range(0, len(spans), 2000)):
            if exporter.export(batch) is not SpanExportResult.SUCCESS:
                raise SmenaError(
                    f"{endpoint} did not take the spans: is an OTLP/HTTP collector listening there?"
                )
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]
    return len(spans)


def _attributes(row: dict[str, Any]) -> dict[str, Any]:
    told = {
        "smena.trial": row["key"], "smena.purpose": row["purpose"], "smena.task": row["name"] or row["task"],
        "smena.knowledge": tuple(msgspec.json.decode(row["knowledge"])), "smena.seed": row["seed"],
        "smena.status": row["status"], "smena.y": row["y"], "smena.cost": row["cost"],
        "smena.executions": row["attempts"], "smena.price_usd": row["price"],
    }  # fmt: skip
    usage = msgspec.json.decode(row["usage"]) if row["usage"] else {}
    told |= {
        "gen_ai.response.model": usage.get("version"),
        "gen_ai.request.model": usage.get("model"),
        "gen_ai.usage.input_tokens": usage.get("tokens_in"),
        "gen_ai.usage.output_tokens": usage.get("tokens_out"),
    }
    return {name: value for name, value in told.items() if value is not None}


def _ids(fingerprint: str, began: int) -> Any:
    """A generator of the run's trace id, and of span ids that count from it: what is sent again is recognized."""
    from opentelemetry.sdk.trace.id_generator import IdGenerator

    whole = int(digest([fingerprint, began]), 16) or 1
    numbers = count((whole & 0x7FFFFFFF_00000000) + 1)

    class Ids(IdGenerator):
        def generate_trace_id(self) -> int:
            return whole

        def generate_span_id(self) -> int:
            return next(numbers)

    return Ids()


def _ns(time: str) -> int:
    moment = datetime.fromisoformat(time)
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000
