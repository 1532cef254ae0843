"""Spans are (start, end) in minutes, the end not included."""


def overlap(first, second):
    """Do two spans share a minute?"""
    return first[0] < second[1] and second[0] < first[1]


def merged(spans):
    """Spans that touch made one, in order."""
    joined = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def gaps(spans, start, end):
    """What is free between start and end."""
    found, at = [], start
    for busy, until in merged(spans):
        if busy > at:
            found.append((at, busy))
        at = max(at, until)
    if at < end:
        found.append((at, end))
    return found


def free(spans, start, end):
    """Is nothing planned from start to end?"""
    return not any(overlap(span, (start, end)) for span in spans)


def shifted(spans, by):
    """All spans later by so much."""
    return [(start + by, end + by) for start, end in spans]


def longest(spans):
    """The longest span, the first of equals; None of none."""
    if not spans:
        return None
    return max(spans, key=lambda span: span[1] - span[0])


class Plan:
    """Named spans of a day."""

    def __init__(self, items=None):
        self.items = dict(items or {})

    def add(self, name, start, end):
        """Plan something; how many things are planned. ValueError where it cannot be."""
        if end <= start:
            raise ValueError("it ends before it begins")
        if not free(self.items.values(), start, end):
            raise ValueError("it overlaps")
        self.items[name] = (start, end)
        return len(self.items)

    def at(self, minute):
        """What is on at that minute, or None."""
        for name, (start, end) in self.items.items():
            if start <= minute < end:
                return name
        return None

    def remove(self, name):
        """Take something out; its span. LookupError where it is not planned."""
        if name not in self.items:
            raise LookupError(f"not planned: {name}")
        return self.items.pop(name)

    def load(self, day=1440):
        """Share of the day that is planned."""
        return sum(end - start for start, end in self.items.values()) / day

    def names(self, word=""):
        """Names that hold the word, whatever its case, the earliest first."""
        order = sorted(self.items, key=lambda name: self.items[name])
        return [name for name in order if word.lower() in name.lower()]

    def full(self, share=1.0):
        """Is that share of the day planned, up to rounding?"""
        return abs(self.load() - share) < 1e-9

    def busy(self, also=None):
        """Spans of the plan and others."""
        spans = [] if also is None else list(also)
        spans.extend(self.items.values())
        return spans

    def export(self):
        """A line an item, as bytes."""
        lines = [f"{name} {start}-{end}" for name, (start, end) in self.items.items()]
        return "\n".join(lines).encode("utf-8")
