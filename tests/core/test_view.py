"""`smena view`: loopback only, read only, every page of a real store, in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread

import pytest
from smena.cli.progress import NoDisplay
from smena.config import RunConfig
from smena.errors import BadInput
from smena.session import Machine, execute
from smena.store import Run, Store
from smena.values import Outcome, Trial
from smena.view.drawing import Shown, shown
from smena.view.server import make_server, serve


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("view") / "lab.db"
    settings = {"env.lab": {"sizes": {"train": 24, "eval": 8, "holdout": 8, "audit": 12}}}
    execute(RunConfig(env="lab", wave=12, settings=settings), Machine(str(path), workers=1), NoDisplay())
    return path


@pytest.fixture(scope="module")
def port(db: Path) -> Iterator[int]:
    server = make_server(str(db))
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def get(port: int, path: str, host: str = "127.0.0.1", method: str = "GET") -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, headers={"Host": f"{host}:{port}"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [v for name, v in attrs if tag == "a" and name == "href" and v]


def test_every_page_that_is_linked_is_there(port: int) -> None:
    """From the list of runs to the last trial: one page of every kind, each link of it right."""
    seen: dict[str, str] = {}
    waiting = ["/"]
    kinds: dict[str, int] = {}
    while waiting:
        path = waiting.pop(0)
        kind = re.sub(r"/(run|purpose|item|decision|trial)/[^/?]+", r"/\1/X", path)
        if path in seen or kinds.get(kind, 0) >= 3:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answer, text = get(port, path)
        assert answer.status == 200, path
        seen[path] = text
        here = path.partition("?")[0]
        waiting += [here + link if link.startswith("?") else link for link in Links(text).found]
    assert {"/", "/run/X", "/run/X/purpose/X", "/run/X/item/X", "/run/X/decision/X", "/trial/X"} <= set(kinds)
    whole = " ".join(seen.values())
    assert "lab-causal-" in whole and "Evidence" in whole


def test_a_gate_that_bets_shows_how_the_evidence_went(port: int, db: Path) -> None:
    run, seq = sqlite3.connect(db).execute("SELECT run, seq FROM decisions WHERE gate = 'confirm'").fetchone()
    text = get(port, f"/run/{run}/decision/{seq}")[1]
    assert "<polyline" in text and "e-value over its threshold" in text


def test_what_is_not_there_is_404(port: int) -> None:
    for path in ("/nothing", "/run/none", "/trial/none", "/run/none/item/x", "/run/none/decision/1"):
        answer, text = get(port, path)
        assert answer.status == 404 and "There is no page" in text


def test_only_the_loopback_is_answered(port: int) -> None:
    answer, text = get(port, "/", host="evil.example")
    assert answer.status == 403 and "loopback" in text
    assert get(port, "/", host="localhost")[0].status == 200


def test_nothing_can_be_written(port: int, db: Path) -> None:
    before = sqlite3.connect(db).execute("SELECT COUNT(*) FROM outcomes").fetchone()
    for method in ("POST", "PUT", "DELETE"):
        assert get(port, "/", method=method)[0].status == 501
    get(port, "/run/';DROP%20TABLE%20outcomes;--")
    assert sqlite3.connect(db).execute("SELECT COUNT(*) FROM outcomes").fetchone() == before


def test_what_a_learner_wrote_is_text(tmp_path: Path) -> None:
    """An output that holds a script is shown, not run."""
    db, trial = tmp_path / "x.db", Trial("e@1", "t", "l@1", "j@1")
    with Store.open(db) as store:
        run = Run(
            id="r", env="e@1", learner="l@1", teacher="t", policy="p", seed=0, config={}, fingerprint="f"
        )
        store.start_run(run)
        store.remember(trial, Outcome(trial.key, y=1, output="<script>alert(1)</script>"))
        store.link("r", "eval/x", [trial.key])
    server = make_server(str(db))
    Thread(target=server.serve_forever, daemon=True).start()
    answer, text = get(server.server_address[1], f"/trial/{trial.key}")
    server.shutdown()
    server.server_close()
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text
    assert "script-src 'nonce-" in (answer.getheader("Content-Security-Policy") or "")


def test_the_pulse_changes_when_there_is_news(db: Path, port: int, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(db, copy)
    server = make_server(str(copy))
    Thread(target=server.serve_forever, daemon=True).start()
    with Store.open(copy) as store:
        run = store.run().id
        before = get(server.server_address[1], f"/pulse/{run}")[1]
        assert get(server.server_address[1], f"/pulse/{run}")[1] == before
        store.put_mark(run, "news", 1)
    assert get(server.server_address[1], f"/pulse/{run}")[1] != before
    server.shutdown()
    server.server_close()


def test_bad_input_is_told_before_serving(tmp_path: Path, port: int) -> None:
    with pytest.raises(BadInput, match="no Smena store"):
        serve(str(tmp_path / "none.db"), 0, print)
    with pytest.raises(BadInput, match=f"cannot listen on 127.0.0.1:{port}"):
        make_server("x", port)


EVIL = "</code><script>alert(1)</script>"


def test_a_patch_is_shown_as_a_diff() -> None:
    patch = f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-{EVIL}\n+new"
    kinds = [line.kind for line in shown(patch, None, None).lines]
    assert kinds == ["hunk", "hunk", "hunk", "hunk", "same", "del", "add"]
    long = patch + "\n+x" * 1000
    assert len(shown(long, None, None).lines) == 400 and shown(long, None, None).more == 607
    assert shown("--- no patch", None, None) == Shown() == shown(["a", "list"], None, None)


def test_an_episode_is_shown_as_a_transcript() -> None:
    actions = [
        {"raw": "Go!", "sent": "go to sink 1", "valid": True},
        {"raw": EVIL, "sent": "", "valid": False},
    ]
    told = shown({"won": False, "actions": actions}, {"learner": None}, None)
    assert [line.kind for line in told.lines] == ["act", "bad", "end"] and EVIL in told.lines[1].text
    trace = {"learner": {"replies": ["look", "go"], "observations": ["a room", "a sink", "the end"]}}
    spoken = shown({"won": True, "actions": actions}, trace, None).lines
    assert [line.text for line in spoken] == ["a room", "> look", "a sink", "> go", "the end"]


def test_a_picture_is_the_environments_and_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = shown([[[0, 1], [2, 3]]], None, {"env": "arc"})
    svg = b64decode(grid.picture.partition(",")[2]).decode()
    assert grid.picture.startswith("data:image/svg+xml;base64,") and svg.startswith("<svg")
    assert shown([[0]], None, {"env": "lab"}) == Shown(), "it draws nothing"
    assert shown([[0]], None, {"env": "nowhere"}) == Shown(), "it is not installed"
    assert shown([[0]], None, {"env": "arc", "settings": {"env.arc": {"nonsense": 1}}}) == Shown()


def test_a_patch_of_a_stranger_is_escaped_on_its_page(tmp_path: Path) -> None:
    db, trial = tmp_path / "p.db", Trial("e@1", "t", "l@1", "j@1")
    patch = f"--- a/x\n+++ b/x\n+{EVIL}"
    with Store.open(db) as store:
        store.remember(trial, Outcome(trial.key, y=1, output=patch))
    server = make_server(str(db))
    Thread(target=server.serve_forever, daemon=True).start()
    _, text = get(server.server_address[1], f"/trial/{trial.key}")
    server.shutdown()
    server.server_close()
    assert '<span class="add">+&lt;/code&gt;&lt;script&gt;' in text and "<script>alert" not in text


def chromium(url: str, profile: Path, *how: str) -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("SMENA_REQUIRE_REAL"):
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={profile}",
    ]  # fmt: skip
    told = subprocess.run([found, *flags, *how, url], capture_output=True, text=True, timeout=120)
    return told.stdout


@pytest.mark.slow
def test_pages_in_a_real_browser(db: Path, port: int, tmp_path: Path) -> None:
    run = sqlite3.connect(db).execute("SELECT id FROM runs").fetchone()[0]
    base = f"http://127.0.0.1:{port}"
    dom = chromium(f"{base}/run/{run}", tmp_path / "a", "--virtual-time-budget=5000", "--dump-dom")
    assert run in dom and "Decisions" in dom
    assert 'role="status">Watching for news.</p>' in dom, "its own script may ask under the page's policy"
    picture = tmp_path / "page.png"
    chromium(
        f"{base}/run/{run}?tab=items", tmp_path / "b", "--window-size=400,800", f"--screenshot={picture}"
    )
    assert picture.stat().st_size > 5_000
