"""What a failed call means, and what to tell people. Never says what a provider said of a key."""

from __future__ import annotations

import email.utils
import os
import re
import time
from enum import Enum
from typing import Any, NamedTuple

from smena_llm.client import ServerError


class Kind(Enum):
    """What to do about it."""

    AGAIN = "again"
    """Nobody's fault: call again, later."""
    BUSY = "busy"
    """Too many calls: again, later, fewer."""
    HOPELESS = "hopeless"
    """Every call would end like this."""
    OVERFLOW = "overflow"
    REFUSED = "refused"
    FORMAT = "format"
    """The server does not take what we ask of the form of a reply."""
    BAD = "bad"


class Trouble(NamedTuple):
    """``wait``: seconds that the provider asks for, else None."""

    kind: Kind
    text: str
    wait: float | None = None


TOO_LONG = re.compile(
    r"maximum context length|context_length|exceeds? (the )?(available |model.s )?context|maximum context limit|"
    r"longer than the model.s context|exceed_context_size|prompt is too long|input (is )?too long|"
    r"inputs. tokens \+ .max_new_tokens|maximum input length|too large to process"
)
"""What the servers that speak OpenAI's protocol say of a prompt that is too long."""
FILTERED = re.compile(r"content_policy_violation|content_filter|content management policy")
CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "PaymentRequiredError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    405: "NotFoundError",
    408: "Timeout",
    413: "ContextWindowExceededError",
    415: "BadRequestError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    501: "BadRequestError",
    504: "Timeout",
}
"""The class that litellm has for a status."""


def explain(error: BaseException, model: str, json: bool, key_env: str = "") -> Trouble:
    """By litellm's exception classes (named, so that this needs no import of it), the status where a server was
    asked without it, and what servers say."""
    names = {cls.__name__ for cls in type(error).__mro__}
    said = str(error)
    low = said.lower()
    wait = _retry_after(error)
    status = error.status if isinstance(error, ServerError) else 0
    names.add(CLASSES.get(status, ""))
    if "ContextWindowExceededError" in names or TOO_LONG.search(low):
        return Trouble(Kind.OVERFLOW, "the prompt is longer than the model takes")
    if "ContentPolicyViolationError" in names or (400 <= status < 500 and FILTERED.search(low)):
        return Trouble(Kind.REFUSED, "the provider's content filter")
    if "missing credentials" in low or "api_key client option must be set" in low:
        return Trouble(Kind.HOPELESS, no_key(model))
    if names & {"AuthenticationError", "PermissionDeniedError"}:
        return Trouble(
            Kind.HOPELESS,
            f"the provider does not accept the key for {model}: check the variable that holds it and what the "
            "key may do (`smena doctor --model NAME`)",
        )
    if "NotFoundError" in names or "model_not_found" in low or "does not exist" in low:
        return Trouble(
            Kind.HOPELESS,
            f"the provider knows no model {model}: check the name and, for a server of your own, its api_base",
        )
    if 300 <= status < 400:
        return Trouble(Kind.HOPELESS, f"the server of {model} is elsewhere ({status}): mend its api_base")
    if "SSLCertVerificationError" in names:
        text = f"the certificate of the server of {model} is not trusted: name its authority in SSL_CERT_FILE"
        return Trouble(Kind.HOPELESS, text)
    if "provider not provided" in low or "LiteLLMUnknownProvider" in names:
        return Trouble(
            Kind.HOPELESS,
            f"unknown model {model!r}: write PROVIDER/NAME, such as openai/gpt-4.1-mini or ollama/qwen3",
        )
    if "PaymentRequiredError" in names or "insufficient_quota" in low:
        return Trouble(Kind.HOPELESS, f"the account for {model} has no credit left: top it up, then go on")
    if "RateLimitError" in names:
        return Trouble(Kind.BUSY, "too many calls for the provider", wait)
    if names & {"Timeout", "APITimeoutError", "TimeoutError"}:
        return Trouble(Kind.AGAIN, "the call took too long", wait)
    if names & {"BadRequestError", "UnprocessableEntityError", "UnsupportedParamsError"}:
        refused = f"the provider refuses the request: {scrub(said, key_env)}"
        return Trouble(Kind.FORMAT if json else Kind.BAD, refused)
    return Trouble(Kind.AGAIN, scrub(said, key_env) or type(error).__name__, wait)


def no_key(model: str, variables: list[str] | None = None) -> str:
    named = " or ".join(variables or []) or f"{model.partition('/')[0].upper()}_API_KEY"
    return f"no key for {model}: set {named} in the environment (keys are never taken from files or flags)"


def scrub(text: str, key_env: str = "") -> str:
    """One line without anything that looks like a key, or is the value of a variable that holds one."""
    line = " ".join(text.split())
    for name, value in os.environ.items():
        value = " ".join(value.split())
        holds = name == key_env or re.search(r"KEY|TOKEN|SECRET|PASSWORD", name, re.I)
        if len(value) >= 6 and holds:
            line = line.replace(value, "…")
    line = re.sub(r"\b(sk|pk|key|gsk|xai|hf)[-_][A-Za-z0-9_\-]{6,}\S*", "…", line)
    line = re.sub(r"(?i)bearer\s+\S+", "…", line)
    return line[:200]


def _retry_after(error: Any) -> float | None:
    response = error if isinstance(error, ServerError) else getattr(error, "response", None)
    found = getattr(response, "headers", None) or getattr(error, "litellm_response_headers", None) or {}
    headers = {str(name).lower(): value for name, value in found.items()}
    value = headers.get("retry-after-ms")
    if value is not None:
        return _number(value, 1000.0)
    value = headers.get("retry-after")
    if value is None:
        return None
    number = _number(value, 1.0)
    if number is not None:
        return number
    when = email.utils.parsedate_tz(value)
    return max(0.0, email.utils.mktime_tz(when) - time.time()) if when else None


def _number(value: str, unit: float) -> float | None:
    try:
        return max(0.0, float(value) / unit)
    except ValueError:
        return None
