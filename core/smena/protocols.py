"""What each kind of plugin is. A plugin class has ``Config`` (a frozen msgspec struct, its settings with
defaults),
``version`` (raised whenever behaviour changes: it is part of every trial's key) and takes the config when
made.

Only the first block of :class:`Environment` is required of an environment; the rest are capabilities that
the host asks for with
``getattr``: leave out what the domain does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

from smena.causal.gate import Gate
from smena.code import CodeCase
from smena.sandbox import Opener, Snapshot
from smena.values import JSON, Attempt, Body, Example, Feedback, Gap, Split, Task, Verdict


class Move(NamedTuple):
    """A named step from a node. ``cost`` is −log of its prior weight up to a constant (cheap = likely)."""

    name: str
    cost: float
    family: str


class SearchSpace(Protocol):
    """An operator vocabulary over one task's view: a graph whose paths are programs. It never sees the
    reference.

    Nodes are opaque to the player. Everything is deterministic; results may be cached inside."""

    def root(self) -> Any:
        """The node before any step."""

    def moves(self, node: Any) -> Sequence[Move]:
        """Steps worth trying from here, in a fixed order. The same list object may be returned again."""

    def apply(self, node: Any, name: str) -> Any | None:
        """The node after the step, or None where it does not apply (also for unknown names)."""

    def key(self, node: Any) -> Hashable:
        """Equal keys: the same state. Used to visit a state once."""

    def fits(self, node: Any) -> bool:
        """The validator: does the program so far explain everything the learner may check (train pairs,
        visible tests)?"""

    def answer(self, node: Any) -> JSON | None:
        """The answer that this program gives to the task, or None if it gives none."""


class Observation(NamedTuple):
    """What an episode shows after an action. ``done``: it is over, whatever is done next. ``actions``: what
    may be done now, where the environment tells; empty: it does not."""

    text: str
    done: bool = False
    actions: tuple[str, ...] = ()


class Episode(Protocol):
    """One play of an interactive task, from its beginning. A context manager; never shows the reference."""

    def start(self) -> Observation:
        """The first observation. Called once."""

    def act(self, action: str) -> Observation:
        """Do something; nonsense is answered in words. Raises InfraError when the machinery fails."""

    def answer(self) -> JSON:
        """What is to be judged of the play so far (a transcript, a final state, a diff): JSON, and enough for
        the verifiers."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class Situation(NamedTuple):
    """What a learner or teacher gets of a task: never the reference, never the environment itself.

    ``play``: where the task is interactive, begins an :class:`Episode`; a learner may play once an attempt,
    and its attempt's ``answer`` is the episode's. ``means``: told to teachers only, see
    :meth:`Environment.means`."""

    view: JSON
    features: tuple[str, ...]
    space: SearchSpace | None = None
    play: Callable[[], Episode] | None = None
    means: Mapping[str, Sequence[str]] = {}


class Lesson(NamedTuple):
    """A knowledge item that a teacher proposes and the rung of its hint ladder."""

    rung: str
    body: Body


class Environment(Protocol):
    """A domain: its tasks, how an answer is judged, what a failed attempt lacks."""

    version: int
    verifiers: Mapping[str, float]
    """Default verifiers and their weights; a single one with weight 1 where there is an exact oracle."""

    def tasks(self, split: Split) -> Sequence[Task]:
        """All tasks of a split, in a fixed order. Splits are disjoint by content."""

    def gap(self, task: Task, attempt: Attempt) -> Gap:
        """What the attempt lacks, never the answer."""

    # capabilities
    tau: float
    """τ of the default verifiers: an answer is right where the weighted sum of their scores is above it.
    0.5 where none is told."""

    learner: str
    teacher: str
    """Names of the learner and teacher to play with when the user names none; the default is the embedded
    ``search``."""

    settings: Mapping[str, Mapping[str, Any]]
    """Settings of players that suit the domain, such as ``{"learner.search": {"budget": 12}}``; what the user
    sets wins."""

    def assemble(self, answers: Sequence[JSON]) -> JSON:
        """The domain's final answer from the ranked distinct answers of the hypotheses; the default takes
        the first."""

    def exact(self, task: Task, answer: JSON) -> Verdict:
        """Exact ground truth: score 1.0 or 0.0; partial credit under ``detail["partial"]``."""

    def code(self, task: Task, answer: JSON) -> CodeCase:
        """Of an environment whose answers are changes to code: what verifiers of code judge."""

    def goals(self, task: Task, answer: JSON) -> Mapping[str, bool]:
        """Of a played task: goal → whether the state that the play ended in meets it."""

    def steps(self, task: Task, answer: JSON) -> Sequence[Any]:
        """Of a played task: its steps, as ``{"action": …, "valid": …, "state": …}``; ``state`` is equal where
        the play is in the same place again."""

    def reference_length(self, task: Task) -> int | None:
        """How many steps a good play of the task takes, where that is known."""

    def space(self, view: JSON) -> SearchSpace:
        """The operator vocabulary over this view, so that the embedded learner can play the domain."""

    def play(self, task: Task) -> Episode:
        """Begin an episode of an interactive task. Called in a worker, at most one at a time in each."""

    def close(self) -> None:
        """End what is kept from episode to episode, an engine say; it is made anew when needed."""

    def means(self) -> Mapping[str, Sequence[str]]:
        """What a teacher knows of an interactive domain: for each condition that a gap may name, the steps that
        bring it about, whatever the task. A step is words of a command, with slots ``?name`` for the value of
        the task's feature ``name``. The learner is not told."""

    label: str
    """What a figure from this environment has to be called, where its name alone would mislead; run ids and
    reports carry it."""

    def use_sandbox(self, opener: Opener) -> None:
        """Told once, before anything else, how to get the run's sandbox; verifiers may have this too."""

    def snapshots(self) -> Iterable[Snapshot]:
        """What sessions of a run will start from: prepared before the first trial; verifiers may have this
        too."""

    def example(self, task: Task, attempt: Attempt) -> Example:
        """What to attach to a lesson learned on this task: from the view, never from the reference."""

    def leaks(self, task: Task, body: Body) -> bool:
        """Would showing this body to the learner give the answer away? The default looks for the
        reference's text."""

    def truth(self, body: Body, tasks: Sequence[Task], beside: Sequence[Body] = ()) -> float | None:
        """For calibration environments: the known expected effect on success of this item, alone or added
        to those ``beside`` it, mean over these tasks, for the environment's own learner; the audit then needs
        no trials. None: not known. ``beside`` is given only where it is not empty."""

    prompts: Mapping[str, str]
    """Templates for language models, by name, in place of the general ones; see ``docs/models.md``. How the
    task is shown (``task``), what an answer is (``answer``), what a teacher should know (``teacher``)."""
    concurrent: bool
    """For an environment with ``play``: episodes may go on side by side in a process."""

    def draw(self, value: JSON) -> str:
        """SVG of an example's input, output or answer, for reports."""


class Learner(Protocol):
    """P_θ. Same arguments, same attempt, in any process."""

    version: int

    # capability
    deterministic: bool
    """True: seeds do not matter, so that equal trials give equal outputs and count once. The default is
    False; a learner whose answers may come from a cache says ``{"cached": True}`` in such a trace."""

    def attempt(
        self, situation: Situation, knowledge: Sequence[Body], feedback: Feedback | None, seed: int
    ) -> Attempt:
        """Try once. ``seed`` is all the randomness there is."""

    concurrent: int
    """Optional: how many attempts should go on at once, for a learner that mostly waits for a service. It
    is then called from many threads."""

    def use_prompts(self, env: str, templates: Mapping[str, str]) -> None:
        """Optional, teachers and verifiers too: told once, before the fingerprint is taken, the environment's
        name (verifiers: not) and templates."""

    def cost(self, body: Body) -> float:
        """cost(K) in [0, 1]: what carrying this item adds, by a function that the plugin's documentation
        states."""


class Teacher(Protocol):
    """Turns a failed attempt into lessons, the least disclosing first."""

    version: int

    def lessons(self, situation: Situation, feedback: Feedback, seed: int) -> Sequence[Lesson]:
        """The ladder for this task: the loop tries one after the other, each alone, and stops at the first
        success. Empty: nothing to say. ``feedback`` holds the gap and the failed attempt. Raise NoLessons where
        there should have been some, saying what became of them."""


class Verifier(Protocol):
    """V_i: a score in [0, 1]."""

    version: int

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Judge one attempt. Raise InfraError when the machinery, not the answer, is at fault."""


class Similarity(Protocol):
    """Makes vectors of texts: lessons whose cosine with a task is larger are retrieved first."""

    version: int

    def vector(self, text: str) -> Sequence[float]:
        """Of any length, the same for every text. Called in a worker, from as many threads as trials go on; once
        for a text, whose vector the store keeps. Raise InfraError where it could not be had."""


class Report(Protocol):
    """A form of the result."""

    def write(self, result: Any, out: Any) -> None:
        """Write ``result`` (a RunResult) to a path or a console."""


class Rhythm(NamedTuple):
    """When a policy looks again, in waves of the run; 0: never.

    ``revise``: a trusted or foundational item this long after it was last looked at. ``window``: a deprecated
    item without reactivation is collected. ``horizon``: so is a foundational one that was not saved.
    ``combine``: at most so many new pairs of foundational items are tried a wave. ``tasks``: k, the distinct
    tasks a verdict needs. ``screened_out``: items that the screen dropped become foundational too."""

    revise: int = 0
    window: int = 0
    horizon: int = 0
    combine: int = 0
    tasks: int = 5
    screened_out: bool = False


class Order(NamedTuple):
    """Gate 2 in the order of what looks best: ``width`` candidates get pairs at a time, ``budget`` trials a
    wave (0: no limit)."""

    width: int
    budget: int


class Candidate(NamedTuple):
    """What gate 2 is asked about, and on which tasks.

    ``item``: its digest. ``pool``: ids of tasks (not the origin) on which it applies and the bank's p̂₀ < γ.
    ``control``: ids of the tasks of D_val on which it would be retrieved (elsewhere it changes nothing),
    ``control_size``: how many tasks D_val has in all. ``cost``: cost(K) in [0, 1]. ``tested``: how many items
    came to this gate before, ``saved``: how many of them were saved (for online error control)."""

    item: str
    pool: Sequence[str]
    control: Sequence[str] = ()
    control_size: int = 0
    cost: float = 0.0
    tested: int = 0
    saved: int = 0


class SavePolicy(Protocol):
    """Which lessons are kept. Pure: a gate asks for trials and is told outcomes; it runs nothing."""

    version: int
    needs_transition: bool
    """Only lessons that preceded a 0→1 transition come to the gates [3.3]; else every lesson the teacher
    made does."""

    def screen(self, item: str, origin: str) -> Gate:
        """Gate 1, within the origin task [3.4]: eligible → candidate. ``item`` is a digest, ``origin`` a
        task id."""

    def confirm(self, candidate: Candidate) -> Gate:
        """Gate 2, over a pool of tasks [5.2, 5.3]: candidate → trusted."""

    # capabilities: a policy without them keeps what it saved, as most published systems do
    rhythm: Rhythm
    """The lifecycle after the first verdict; with it come ``revise`` and ``combine``."""

    def revise(self, item: str, pool: Sequence[str], cost: float) -> Gate:
        """Does a trusted item still help? ``drop``: refuted. ``item`` is ``digest@round``: trials of its
        own."""

    def combine(self, candidate: Candidate) -> Gate:
        """As ``confirm``, for two items at once: arms 0 neither, 1 both, 2 the first, 3 the second."""

    order: Order | None
    """None: all candidates of a wave side by side."""

    def gold(self, item: str, pool: Sequence[str], theta: float, again: int) -> Gate | None:
        """What an item that passed ``confirm`` on a verifier's word must pass too, where there is ground
        truth to ask (:attr:`Ask.gold <smena.causal.gate.Ask.gold>`); None: nothing. ``again``: how often the
        item was audited before."""

    def level(self, gate: Gate, p_values: Sequence[float], saved: int) -> None:
        """Set the level of an undecided gate of ``confirm``: by the p-values (1/E) of the tests that began
        before it, in their order, 1 for one that is not decided; and by the number of saves until now."""
