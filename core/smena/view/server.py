"""The server of `smena view`: loopback only, read only, one small page a request, no scripts but one that asks
whether there is news.

A request opens the store, reads and closes it, so that a run that goes on is never in its way. The Host header
must name the loopback: a page of the web that is made to resolve to this machine is refused."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import jinja2
from markupsafe import Markup

from smena.errors import BadInput, SmenaError
from smena.store.database import Database
from smena.view.drawing import Shown, drawer, shown
from smena.view.reading import ROWS, Pages, pretty

HOST = "127.0.0.1"
NAMES = ("127.0.0.1", "localhost", "[::1]")
NONCE = secrets.token_urlsafe(12)
"""Only scripts of these pages run: what a learner wrote into the store cannot."""
POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{NONCE}'; connect-src 'self'; "
    "img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def serve(db: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted. ``ready`` is told the address. Raises BadInput for a port in use."""
    Database.open(db, create=False).close()  # told now, in one line, rather than on every page
    server = make_server(db, port)
    threading.Thread(target=warm, args=(db,), daemon=True).start()
    with server:
        ready(f"http://{HOST}:{server.server_address[1]}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def warm(db: str) -> None:
    """Load what the latest runs' pages need while the first page is still being read."""
    with suppress(Exception):  # a page that needs it says what is wrong
        database = Database.open(db, create=False)
        try:
            for run in Pages(database).runs(0):
                with suppress(Exception):
                    drawer(json.loads(run["config"]))
        finally:
            database.close()


def make_server(db: str, port: int = 0) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer((HOST, port), partial(Handler, db, templates()))
    except OSError as error:
        raise BadInput(f"cannot listen on {HOST}:{port}: {error.strerror}; give another --port") from None


def templates() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("smena.view"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    found.filters["pretty"] = pretty
    found.filters["path"] = lambda text: quote(str(text), safe="")
    found.filters["ms"] = lambda s: "–" if s is None else f"{1000 * s:.3g} ms" if s < 1 else f"{s:.3g} s"
    found.filters["figure"] = lambda v: "–" if v is None else f"{v:.3g}"
    found.globals["rows"] = ROWS
    found.globals["nonce"] = NONCE
    return found


class Missing(Exception):
    """There is no such page."""


class Handler(BaseHTTPRequestHandler):
    server_version = "smena"
    protocol_version = "HTTP/1.1"

    def __init__(self, db: str, pages: jinja2.Environment, *args: Any) -> None:
        self._db, self._templates = db, pages
        super().__init__(*args)

    def do_GET(self) -> None:
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in NAMES:
            self._send(
                HTTPStatus.FORBIDDEN, "text/plain", b"this server answers to the loopback address only\n"
            )
            return
        address = urlsplit(self.path)
        parts = [unquote(p) for p in address.path.split("/") if p]
        asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
        try:
            kind, body = self._answer(parts, asked)
            self._send(HTTPStatus.OK, kind, body)
        except Missing:
            page = self._render(
                "message.html.j2", title="Nothing here", text=f"There is no page {address.path}."
            )
            self._send(HTTPStatus.NOT_FOUND, "text/html", page)
        except SmenaError as error:
            page = self._render("message.html.j2", title="The store cannot be read", text=str(error))
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, "text/html", page)

    do_HEAD = do_GET

    def _answer(self, parts: list[str], asked: dict[str, str]) -> tuple[str, bytes]:
        page = int(asked["page"]) if asked.get("page", "").isdigit() else 0
        database = Database.open(self._db, create=False)
        try:
            pages = Pages(database)
            match parts:
                case []:
                    html = self._render("runs.html.j2", runs=pages.runs(page), page=page, pulse=pages.pulse())
                case ["pulse"]:
                    return "application/json", pages.pulse().encode()
                case ["pulse", run]:
                    return "application/json", pages.pulse(run).encode()
                case ["run", run]:
                    html = self._run(pages, run, asked.get("tab", "decisions"), page)
                case ["run", run, "purpose", purpose]:
                    self._known(pages.run(run))
                    rows = pages.trials(run, purpose, page)
                    html = self._render("trials.html.j2", run=run, purpose=purpose, trials=rows, page=page)
                case ["run", run, "item", item]:
                    found = self._known(pages.item(run, item))
                    html = self._render(
                        "item.html.j2", run=run, item=found[0], decisions=found[1], moves=found[2]
                    )
                case ["run", run, "decision", seq] if seq.isdigit():
                    decision = self._known(pages.decision(run, int(seq)))
                    html = self._render("decision.html.j2", run=run, d=decision, chart=evidence_svg(decision))
                case ["trial", key]:
                    trial, uses, failures = self._known(pages.trial(key))
                    drawn = _drawn(trial, pages.config(key))
                    html = self._render("trial.html.j2", t=trial, uses=uses, failures=failures, drawn=drawn)
                case _:
                    raise Missing
        finally:
            database.close()
        return "text/html", html

    def _run(self, pages: Pages, run: str, tab: str, page: int) -> bytes:
        row = self._known(pages.run(run))
        tabs = {"decisions": pages.decisions, "items": pages.items, "trials": pages.purposes}
        tab = tab if tab in tabs else "decisions"
        return self._render(
            "run.html.j2",
            run=row,
            states=pages.states(run),
            tab=tab,
            listed=tabs[tab](run, page),
            page=page,
            pulse=pages.pulse(run),
        )

    def _known(self, found: Any) -> Any:
        if found is None:
            raise Missing
        return found

    def _render(self, name: str, **given: Any) -> bytes:
        return self._templates.get_template(name).render(**given).encode()

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing: pages ask every other second whether there is news."""


def _drawn(trial: dict[str, Any], config: str | None) -> Shown:
    """An attempt's answer for eyes. A lesson is text already."""
    if trial["kind"] != "attempt":
        return Shown()
    return shown(*(json.loads(text) if text else None for text in (trial["output"], trial["trace"], config)))


def evidence_svg(decision: dict[str, Any]) -> Markup:
    """The e-value of a betting gate against the pairs spent, as a small picture; empty for other gates."""
    from math import log10

    from smena.results.items import _betting

    told = json.loads(decision["evidence"])
    if not {"differences", "theta", "threshold"} <= told.keys() or not told["differences"]:
        return Markup("")
    path = _betting(told["differences"], float(told["theta"]))
    ys = [log10(min(max(e / float(told["threshold"]), 1e-4), 100.0)) for e in (1.0, *path)]
    low, high = min(*ys, -0.5), max(*ys, 0.3)
    width, height = 640, 180

    def at(i: int, y: float) -> str:
        x = 10 + (width - 20) * i / max(1, len(ys) - 1)
        return f"{x:.1f},{10 + (height - 20) * (high - y) / (high - low):.1f}"

    points = " ".join(at(i, y) for i, y in enumerate(ys))
    bar = at(0, 0.0).split(",")[1]
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="e-value over its threshold against pairs: '
        'ends at {:.3g} of 1 after {} pairs" class="evidence"><line x1="10" x2="{}" y1="{}" y2="{}" class="bar"/>'
        '<polyline points="{}"/></svg>'
    ).format(width, height, path[-1] / float(told["threshold"]), len(path), width - 10, bar, bar, points)
