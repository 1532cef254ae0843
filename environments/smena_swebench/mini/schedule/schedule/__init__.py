"""Times of day in minutes, and what is planned in them."""

from schedule.clock import clock, minutes, rounded
from schedule.plan import Plan, free, gaps, longest, merged, overlap, shifted

__all__ = [
    "Plan",
    "clock",
    "free",
    "gaps",
    "longest",
    "merged",
    "minutes",
    "overlap",
    "rounded",
    "shifted",
]
