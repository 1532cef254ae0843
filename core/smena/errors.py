"""One exception root. A message says what is wrong, where, and what to do; the CLI prints it and no
traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What `smena` returns to the shell."""

    OK = 0
    RUN_FAILED = 1
    BAD_INPUT = 2


class SmenaError(Exception):
    """Root of everything Smena raises on purpose; ``exit_code`` is what the shell gets."""

    exit_code = ExitCode.RUN_FAILED
    cause = "raised"
    """What a trial that it ends was lost to, as a code: one of :data:`smena.values.LOSSES`."""


class BadInput(SmenaError):
    """The user asked for something that cannot be: a name, a value, a file, a database."""

    exit_code = ExitCode.BAD_INPUT
    cause = "bad-input"


class Hopeless(BadInput):
    """Raised in a trial that shows that no other could go better: no key, a model that does not exist. It ends
    the run."""


class InfraError(SmenaError):
    """The machinery failed, not the model: the trial gets status ``infra`` and leaves both arms."""

    cause = "infra"


class NoLessons(SmenaError):
    """Raised by a teacher that has none and says why, such as a reply that cannot be read: the task goes on
    without, and reports count it. (A teacher that has nothing to say gives an empty ladder.)"""


class JudgeTimeout(InfraError):
    """A verifier has not answered in time."""

    cause = "judge-timeout"

    def __init__(self, what: str) -> None:
        super().__init__(f"timeout of the judge: {what}")


class NoSandbox(InfraError):
    """A session could not be had."""

    cause = "sandbox-unavailable"

    def __init__(self, what: str) -> None:
        super().__init__(f"sandbox unavailable: {what}")


class SandboxFailed(InfraError):
    """A session was had, and failed before its command came to an end of its own."""

    cause = "sandbox-failed"


class TooLarge(InfraError):
    """A file in a session is larger than the caller takes. Who asked for it knows whose fault that is."""


class NoScore(InfraError):
    """A verifier has said what is no score: no number, NaN, or one outside [0, 1]."""

    cause = "no-score"


class NoModel(InfraError):
    """A model could not be had."""

    cause = "model-unavailable"


class UnknownName(BadInput):
    """A name that nothing registered; the message suggests the nearest ones.

    >>> str(UnknownName("environment", "arcc", ["arc", "lab"]))
    "unknown environment 'arcc': did you mean 'arc'? Known: arc, lab."
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        guess = f" did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(names) or f"none (no installed plugin offers {kind}s; see `smena plugins`)"
        super().__init__(f"unknown {kind} {name!r}{where}:{guess} Known: {listed}.")
