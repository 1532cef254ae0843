"""The values that travel through the house. All are frozen, comparable and JSON; nothing here does I/O.

The narrow waist is :class:`Trial` → :class:`Outcome`: everything the platform does is a set of trials, a
trial is known by the digest of its value, and the store remembers the outcome under that key. Names follow
`docs/method.md`; bracketed numbers there point into the founding paper."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec

JSON = Any
"""A value that JSON can say: None, bool, int, float, str, list, dict with str keys."""

Split = Literal["train", "eval", "holdout", "audit"]
SPLITS: tuple[Split, ...] = ("train", "eval", "holdout", "audit")

Channel = Literal["trusted", "candidate", "foundational", "deprecated"]
CHANNELS: tuple[Channel, ...] = ("trusted", "candidate", "foundational", "deprecated")

Status = Literal["ok", "infra", "timeout", "abstain", "refused"]
"""``ok``: judged. ``infra``: the machinery failed. ``timeout``: the learner overran its wall limit and
was stopped. ``abstain``: the composite verifier refused to say. Only ``ok`` outcomes enter a comparison.
``refused``: a limit of the run did not allow it; such an outcome is never stored, the trial is still owed."""


class Value(msgspec.Struct, frozen=True):
    """Base of all values."""


def canonical(value: Any) -> bytes:
    """Canonical JSON bytes of a value: keys sorted, so that equal values have equal bytes anywhere."""
    return msgspec.json.encode(value, order="deterministic")


def digest(value: Any) -> str:
    """Content address of a value: 128 bits of BLAKE2b over its canonical JSON, as 32 hex digits.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    return hashlib.blake2b(canonical(value), digest_size=16).hexdigest()


class Task(Value, frozen=True):
    """One benchmark item S. ``view`` is all that a learner or the embedded teacher may see; ``reference`` is
    the ground truth and goes to verifiers only. ``features`` are ``name=value`` strings that triggers
    are matched against, computed from the view alone, the most telling first."""

    id: str
    split: Split
    view: JSON
    reference: JSON
    cluster: str = ""
    features: tuple[str, ...] = ()
    tags: dict[str, str] = {}


class Fact(Value, frozen=True, tag="fact"):
    """(entity, attribute, value) [3.5]."""

    entity: str
    attribute: str
    value: str


class Pattern(Value, frozen=True, tag="pattern"):
    """(name, triggers, steps) [3.5]. It applies where every trigger is among the task's features; no
    trigger: everywhere. A step is an operator's name, ``?`` (any one operator) or ``?FAMILY`` (any one of a
    family)."""

    name: str
    triggers: tuple[str, ...]
    steps: tuple[str, ...]


class Antipattern(Value, frozen=True, tag="antipattern"):
    """(name, triggers, failure_mode) [3.5]; ``steps`` are those that fail when the triggers hold."""

    name: str
    triggers: tuple[str, ...]
    failure_mode: str
    steps: tuple[str, ...] = ()


Body = Fact | Pattern | Antipattern


class Example(Value, frozen=True):
    """What a lesson was learned on [3.6]; re-checks and pictures use it, the learner does not see it."""

    input: JSON
    expected_output: JSON
    student_output_before_fix: JSON = None


class Provenance(Value, frozen=True):
    """Where an item came from: the origin task, the rung of the teacher's hint ladder, the teacher."""

    task: str
    rung: str
    teacher: str


class Knowledge(Value, frozen=True):
    """A knowledge item K. Its identity is its ``body``: the same lesson from two tasks is one item.
    Channel, status and evidence are not part of the value; they are what a run's memory says of it."""

    body: Body
    examples: tuple[Example, ...]
    provenance: Provenance

    @property
    def digest(self) -> str:
        return digest(self.body)


class Finding(Value, frozen=True):
    """One aspect of a gap. ``source`` says which grid, file or state it was computed from; ``bits`` is an
    upper bound of what it discloses of the reference (0 for what the learner's own view already holds)."""

    aspect: str
    value: str
    source: Literal["view", "reference"] = "view"
    bits: float = 0.0


class Gap(Value, frozen=True):
    """Structured difference between an attempt and the reference behaviour [3.1.1]; never the answer."""

    findings: tuple[Finding, ...] = ()

    @property
    def bits(self) -> float:
        return sum(f.bits for f in self.findings)


class Hypothesis(Value, frozen=True):
    """H_i: a candidate answer, how it was made (``steps``) and which item proposed it (digest, or
    ``base``)."""

    answer: JSON
    steps: tuple[str, ...] = ()
    source: str = "base"


class Attempt(Value, frozen=True):
    """What a learner returns. ``hypotheses`` are ranked, best first; ``answer`` is what the validator picked;
    ``cost`` is in the learner's own unit (stated by the plugin) and must be deterministic under the seed.
    ``error`` says in a line what kept the learner from answering, where it is the learner's own failure; where
    it begins with one of :data:`CAUSES`, reports count it."""

    answer: JSON
    hypotheses: tuple[Hypothesis, ...] = ()
    cost: float = 0.0
    trace: JSON = None
    error: str = ""


class Feedback(Value, frozen=True):
    """What goes back after a failed attempt: the gap, and the attempt itself."""

    gap: Gap
    failed: Attempt


class Verdict(Value, frozen=True):
    """A verifier's score of one attempt, in [0, 1], with what a reader wants to know about it. ``given``
    False: it has no verdict (yet), and its score does not count."""

    score: float
    detail: dict[str, JSON] = {}
    given: bool = True


class Trial(Value, frozen=True):
    """One execution with everything that may change its outcome; ``key`` is its content address.

    ``env``, ``learner`` and ``judge`` are fingerprints (``name@digest`` over version and configuration),
    ``task`` is the task's digest, ``knowledge`` the injected items' digests in order, ``feedback`` a digest
    or None. A ``lesson`` is an execution of the teacher: same waist, same memo. So is a ``vector``, of the
    plugin that says how like texts are: ``learner`` is its fingerprint and ``task`` the digest of the text."""

    env: str
    task: str
    learner: str
    judge: str
    knowledge: tuple[str, ...] = ()
    feedback: str | None = None
    seed: int = 0
    kind: Literal["attempt", "lesson", "vector"] = "attempt"

    @property
    def key(self) -> str:
        return digest(self)


class Usage(Value, frozen=True):
    """What a trial used of a paid service. ``model`` is the name that was asked for, ``version`` and
    ``fingerprint`` are what the provider says answered; ``price`` is in US dollars, None where nobody knows
    it; ``seconds`` were spent waiting for the service, ``retried`` calls failed and were made again."""

    model: str
    version: str = ""
    fingerprint: str = ""
    calls: int = 1
    retried: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    price: float | None = None
    seconds: float = 0.0


LOSSES = (
    "infra", "judge-timeout", "sandbox-unavailable", "sandbox-failed", "no-score", "verifier-raised",
    "model-unavailable", "overflow", "worker-died", "bad-outcome", "bad-input", "raised", "trial-timeout",
)  # fmt: skip
"""What trials are lost to, as codes. ``no-score``: a verifier said what is none; ``bad-outcome``: an outcome that
cannot be stored; ``raised``: an error that nobody foresaw, outside a verifier; ``infra``: the machinery, no
more is known. A plugin's own :class:`~smena.errors.InfraError` may have a ``cause`` of its own."""

CAUSES = ("empty", "refused", "unparsable", "overflow", "untaught")
"""Why a model gave no answer. The first three are its own failure, and judged as such; ``overflow`` (the task is
longer than the model takes) is nobody's: its outcome is ``infra``. ``untaught``: a teacher's reply held no lesson
that can be read."""


def cause(error: str) -> str:
    """Which of :data:`CAUSES` an error text begins with; empty: none.

    >>> cause("unparsable after 2 tries: it is empty")
    'unparsable'
    """
    return next((word for word in CAUSES if error.startswith((f"{word}:", f"{word} "))), "")


class Outcome(Value, frozen=True):
    """What came of a trial. ``y`` and ``reward`` are None unless ``status`` is ``ok`` (and for lessons).
    An attempt that is judged may still have an ``error``: a reply that was empty, refused or unreadable.

    ``cost`` is in the learner's unit, ``latency`` in wall seconds. ``output`` is the answer of an attempt
    or the knowledge item of a lesson; ``trace`` whatever the learner wanted to tell. ``error`` is for
    people. ``cause`` is a code: one of :data:`LOSSES` where the machinery failed, of :data:`CAUSES` where a
    model gave no answer; else empty."""

    trial: str
    status: Status = "ok"
    y: int | None = None
    reward: float | None = None
    scores: dict[str, float] = {}
    cost: float = 0.0
    latency: float = 0.0
    output: JSON = None
    trace: JSON = None
    error: str = ""
    usage: Usage | None = None
    cause: str = ""


class Decision(Value, frozen=True):
    """A gate's verdict about an item, with its evidence; enough to recompute the verdict by hand."""

    item: str
    gate: str
    policy: str
    verdict: Literal["pass", "drop", "undecided"]
    evidence: dict[str, JSON]


class Transition(Value, frozen=True):
    """An item's move through the lifecycle. ``decision_seq`` is the number of the decision behind it, None
    where a rule of the loop moved it (a 0→1 transition makes an item eligible); ``channel`` is where it is
    retrieved from after it, or empty."""

    item: str
    from_status: str
    to_status: str
    channel: str
    decision_seq: int | None = None
    seq: int = 0
    step: int = 0
