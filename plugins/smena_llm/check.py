"""What `smena doctor --model` finds out with one call."""

from __future__ import annotations

import time
from collections.abc import Iterator

from smena.errors import InfraError
from smena.money import metered

from smena_llm.calls import Model, Refusal
from smena_llm.reading import Unreadable, read_object

ASK = 'Reply with the JSON object {"ready": true} and nothing else.'


def check(model: Model) -> Iterator[tuple[str, str]]:
    """(label, words). Raises Hopeless or InfraError where the call fails."""
    started = time.perf_counter()
    with metered() as meter:
        try:
            reply = model.ask([{"role": "user", "content": ASK}], seed=1, json=True)
        except Refusal:
            raise InfraError(
                f"{model.config.model} refuses a harmless request: another model is needed"
            ) from None
    seconds = time.perf_counter() - started
    usage = meter.total()
    assert usage is not None
    yield "model", f"{model.config.model}, answered as {usage.version or 'an unnamed version'}"
    yield "fingerprint", usage.fingerprint or "none: a silent change of the model cannot be noticed by it"
    yield (
        "latency",
        f"{usage.seconds:.2f} s a call ({seconds:.1f} s with loading what calls it), {usage.retried} retried",
    )
    try:
        readable = read_object(reply.text).get("ready") is True
    except Unreadable:
        readable = False
    asked = "JSON mode asked for" if model.takes_json else "the server does not take response_format"
    yield "structured", f"{asked}; the reply {'is' if readable else 'is NOT'} the JSON object asked for"
    yield "seed", "sent" if model.takes_seed else "the provider takes none: trials differ by sampling alone"
    window = f"{model.window:,} tokens" if model.window else "not known: set learner.llm.context"
    yield "context", window
    if model.prices is None:
        yield "price", "not known: set learner.llm.price_in and price_out for --max-cost"
    else:
        into, out = model.prices.into * 1e6, model.prices.out * 1e6
        yield "price", f"${into:g} in, ${out:g} out a million tokens; this call ${usage.price or 0:.6f}"
