"""The figures of a run, as values. How each is computed stands in the module that makes it."""

from __future__ import annotations

import msgspec

from smena.results.estimates import Estimate
from smena.store.records import Loss
from smena.values import JSON, Decision, Knowledge, Transition, Value


class Wave(Value, frozen=True):
    """Tasks attempted side by side against the same memory. ``solved_at[k]`` tasks were solved by attempt k
    + 1; ``tasks`` were judged, ``lost`` fell to infrastructure and count nowhere."""

    step: int
    tasks: int
    lost: int
    solved_at: tuple[int, ...]
    acc1: Estimate
    acc_n: Estimate
    acc1_so_far: Estimate
    acc_n_so_far: Estimate


class Learning(Value, frozen=True):
    """Accuracy on train tasks while learning: Acc@1 at the first attempt, Acc@N within N with the teacher's
    lessons.

    ``t_success``: T_success_avg, mean number of attempts of a solved task; ``c_success``: C_success_avg,
    its mean cost."""

    attempts: int
    waves: tuple[Wave, ...]
    acc1: Estimate
    acc_n: Estimate
    t_success: Estimate
    c_success: Estimate


class Arm(Value, frozen=True):
    """Held-out accuracy with one memory. ``informed``: tasks for which it gave at least one item."""

    name: str
    purpose: str
    accuracy: Estimate
    trials: int = 0
    lost: int = 0
    informed: int = 0


class StepAccuracy(Value, frozen=True):
    """Held-out accuracy with the memory trusted after a step; step 0: no memory."""

    step: int
    accuracy: Estimate
    informed: int


class HeldOut(Value, frozen=True):
    """Accuracy on tasks that nothing was learned from, in three arms, and paired differences by task."""

    repeats: int
    none: Arm
    everything: Arm
    trusted: Arm
    trusted_vs_none: Estimate
    trusted_vs_everything: Estimate
    everything_vs_none: Estimate
    by_step: tuple[StepAccuracy, ...]


class MemoryStep(Value, frozen=True):
    """Items by state after a step. ``trusted_share``: |K_trusted| / |K_total|, None while there is no
    item."""

    step: int
    states: dict[str, int]
    trusted_share: float | None


class SaveRule(Value, frozen=True):
    """FPR_save of one rule in both readings, from the audit's verdicts on its items.

    ``false_share``: "false share of saves" = false / decided saves. ``save_given_null``: "P(save | null)" =
    saved null items / null items. ``kept``: "P(save | useful)". ``*_bounds``: where the reading's point
    would be if every save (item) that the audit left undecided, or did not look at, were useful, or
    null."""

    name: str
    meaning: str
    saves: int
    false: int
    useful: int
    undecided: int
    unaudited: int
    false_share: Estimate
    false_share_bounds: tuple[float, float] | None
    save_given_null: Estimate
    save_given_null_bounds: tuple[float, float] | None
    kept: Estimate


class Saves(Value, frozen=True):
    """How often are saves wrong? ``rules[0]`` is this run's policy, the others are what it can be compared
    with from the same trials. No audit: ``rules`` is empty and ``why`` says so."""

    rules: tuple[SaveRule, ...]
    audited: int
    proposed: int
    rule: dict[str, JSON]
    why: str = ""


class ItemResult(Value, frozen=True):
    """A knowledge item with all that was decided about it, in order; ``audit`` is the audit's verdict, if
    it was audited."""

    digest: str
    state: str
    knowledge: Knowledge
    decisions: tuple[Decision, ...]
    transitions: tuple[Transition, ...]
    delta_u: float | None
    delta_u_lower: float | None
    audit: Decision | None
    reason: str


class EvidencePath(Value, frozen=True):
    """How a sequential gate's evidence went, pair by pair: e-values at the final θ, and the threshold it
    had to reach."""

    item: str
    gate: str
    verdict: str
    threshold: float
    e_values: tuple[float, ...]


class Family(Value, frozen=True):
    """What trials of one kind of purpose took. ``used`` counts uses, ``trials`` distinct trials; cost,
    latency (wall seconds) and the rest are of distinct trials. ``retried``: failed executions, also those
    that a retry made good. ``causes``: of trials in which a model gave no answer, by
    :data:`~smena.values.CAUSES`."""

    name: str
    used: int
    trials: int
    cost: float
    latency_median: float | None
    latency_p95: float | None
    infra: int
    timeout: int
    abstain: int
    retried: int
    causes: dict[str, int]


class GateCost(Value, frozen=True):
    """Runs that decisions of a gate took, by verdict."""

    gate: str
    verdict: str
    decisions: int
    runs: int
    runs_median: float


class Ledger(Value, frozen=True):
    """Cost (the learner's unit) and latency, by purpose."""

    families: tuple[Family, ...]
    trials: int
    cost: float
    lost: int
    gates: tuple[GateCost, ...]
    losses: tuple[Loss, ...] = ()

    @property
    def served(self) -> list[Family]:
        """The purposes that any trial served."""
        return [f for f in self.families if f.used]


class Group(Value, frozen=True):
    """Tasks whose attribute ``by`` (a tag, or ``cluster``) is ``value``: Acc@1 and Acc@N while learning, and
    held-out accuracy without and with trusted memory, with the paired difference."""

    by: str
    value: str
    acc1: Estimate
    acc_n: Estimate
    none: Estimate
    trusted: Estimate
    gain: Estimate


class Groups(Value, frozen=True):
    """``constant``: attributes that are the same for all tasks; ``many``: those with too many values."""

    rows: tuple[Group, ...] = ()
    constant: dict[str, str] = msgspec.field(default_factory=dict)
    many: tuple[str, ...] = ()


class Service(Value, frozen=True):
    """What executions used of one model, by the version that answered. ``price``: US dollars, of those whose
    price is known; ``unpriced`` executions have none."""

    model: str
    version: str
    executions: int
    calls: int
    retried: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    price: float
    unpriced: int


class Late(Value, frozen=True):
    """Verdicts that came after the run: how many attempts they judged anew, and what that changed."""

    verdicts: int
    differences: tuple[str, ...]


class VerifierFigure(Value, frozen=True):
    """``judged`` attempts of this run with a score of it, their mean. From the calibration, where there is one:
    ``weight``, slope β with interval, accuracy ``alone``, sensitivity, specificity, what it ``adds`` (Brier)."""

    name: str
    judged: int
    mean: float | None
    weight: float | None = None
    slope: float | None = None
    slope_low: float | None = None
    slope_high: float | None = None
    alone: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    adds: float | None = None


class Bin(Value, frozen=True):
    """Of ``n`` outcomes said to be right with probability ``said``, the share that was ``true``."""

    said: float
    true: float
    n: int


class GapFigure(Value, frozen=True):
    """What an item does to the verifiers' reward, less what it does to ground truth; see :mod:`smena.gaps`."""

    item: str
    tasks: int
    visible: float
    hidden: float
    gap: float
    error: float | None


class Judging(Value, frozen=True):
    """The verifiers of a run. ``calibration``: number of the version that judged, empty for none, ``note`` says
    what it is; agreement is None for a single verifier."""

    verifier: str
    calibration: str
    verifiers: tuple[VerifierFigure, ...]
    reliability: tuple[Bin, ...]
    note: str
    attempts: int
    abstained: int
    kappa: float | None
    ac1: float | None
    entropy: float | None
    d_var: float | None
    gaps: tuple[GapFigure, ...]


class Flow(Value, frozen=True):
    """``items`` whose state was ``before`` when the step began (``new``: they were not there) and ``after`` when
    it ended."""

    step: int
    before: str
    after: str
    items: int
