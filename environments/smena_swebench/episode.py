"""A repair as an episode: shell commands in a session, and the change that we compute at its end.

One sandbox session is the whole play: what a command leaves behind is there for the next. The answer is what the
tree has become, read by us, never what the learner says of it."""

from __future__ import annotations

import contextlib
from typing import Self

from smena import Observation, Snapshot
from smena.code import changed
from smena.sandbox import Bounds, Sandbox, Session
from smena.values import JSON

from smena_swebench.diffs import unified

SHOWN = 8_000
"""Characters of a command's output that are shown: the beginning and the end."""
SECONDS = 120.0
"""Wall limit of one command."""
HELP = """You repair a program. Its tree is in {workdir}; there is no network. Reply with one shell command at a
time: look around (ls, grep, sed -n), change files (sed -i, cat > file <<'EOF', python3), run what you like.
Changes of tests and of test configuration do not count. When the repair is done, reply: submit

The issue:

{statement}"""


class RepairEpisode:
    """See :class:`smena.protocols.Episode`. ``steps``: commands that may be run."""

    def __init__(
        self, sandbox: Sandbox, snapshot: Snapshot, statement: str, bounds: Bounds, steps: int = 40
    ) -> None:
        self._snapshot, self._statement, self._left = snapshot, statement, steps
        self._session: Session = sandbox.open(snapshot, bounds)
        self._git = False
        self._done = False

    def start(self) -> Observation:
        told = self._session.exec(
            'git config --global --add safe.directory "$PWD" 2>/dev/null; [ -d .git ] && git rev-parse HEAD'
        )
        self._git = told.code == 0
        if not self._git:
            self._before = _texts(self._session)
        else:
            self._base = told.output.strip().split("\n")[-1]
        return Observation(HELP.format(workdir=self._session.workdir, statement=self._statement))

    def act(self, action: str) -> Observation:
        """Run a command; ``submit`` ends the episode."""
        command = _command(action)
        if self._done:
            return Observation("it is over", True)
        if command == "submit":
            self._done = True
            return Observation("submitted", True)
        if not command:
            return Observation("say a shell command, or: submit")
        self._left -= 1
        told = self._session.exec(["bash", "-c", command], timeout=SECONDS)
        ending = f"stopped after {SECONDS:g} s" if told.timed_out else f"exit code {told.code}"
        self._done = self._left <= 0
        last = "; that was the last command" if self._done else f"; {self._left} commands left"
        return Observation(f"{_cut(told.output)}\n[{ending}{last}]", self._done)

    def answer(self) -> JSON:
        """The change as a patch: a git tree's by git, another's by comparing files."""
        if self._git:
            how = f"git add -A -N . && git -c core.fileMode=false diff --no-color --no-ext-diff {self._base}"
            told = self._session.exec(["bash", "-c", how], timeout=SECONDS)
            return told.output if told.code == 0 and not told.truncated else ""
        return unified(self._before, _texts(self._session))

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _texts(session: Session) -> dict[str, str]:
    """All files of a small work area that are text."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    found: dict[str, str] = {}
    with TemporaryDirectory() as nothing:
        for path, data in changed(Path(nothing), session).items():
            with contextlib.suppress(UnicodeDecodeError):
                found[path] = (data or b"").decode("utf-8")
    return found


def _command(action: str) -> str:
    """The command in a reply: what stands in its first code block, or all of it."""
    text = action.strip()
    if "```" in text:
        block = text.split("```")[1]
        first, newline, rest = block.partition("\n")
        text = (
            rest if newline and first.strip() in ("", "bash", "sh", "shell", "console") else block
        ).strip()
    return text


def _cut(text: str) -> str:
    if len(text) <= SHOWN:
        return text.rstrip("\n")
    half = SHOWN // 2
    return f"{text[:half]}\n… {len(text) - SHOWN:,} characters left out …\n{text[-half:]}".rstrip("\n")
