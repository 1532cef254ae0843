"""Amounts as whole cents."""

import math


def parse_amount(text):
    """Cents of a text such as ``12.34``; in brackets: negative; nothing: 0."""
    text = (text or "").strip()
    if not text:
        return 0
    negative = text.startswith("(") and text.endswith(")")
    if negative:
        text = text[1:-1]
    whole, _, part = text.partition(".")
    if not whole.isdigit():
        raise ValueError(f"not an amount: {text}")
    cents = int(whole) * 100 + int((part + "00")[:2])
    return -cents if negative else cents


def format_amount(cents, symbol=""):
    """``-$1.05`` for -105 and the symbol ``$``."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}{symbol}{whole}.{part:02d}"


def split_evenly(cents, people):
    """Shares that add up; the first ones get the cents that are left."""
    if people <= 0:
        raise ValueError("people must be positive")
    base, extra = divmod(cents, people)
    return [base + 1 if i < extra else base for i in range(people)]


def same_amount(a, b):
    """Equal up to what floats cannot say."""
    return math.isclose(a, b, abs_tol=1e-9)


def percent(cents, rate):
    """``rate`` percent of an amount, rounded."""
    return round(cents * rate / 100)
