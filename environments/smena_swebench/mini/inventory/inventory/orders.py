"""What to order."""


def parse_line(line):
    """(name, count) of ``bolts x 12``; without a count: 1; nothing: ("", 0)."""
    line = (line or "").strip()
    if not line:
        return ("", 0)
    name, _, count = line.partition(" x ")
    if count and not count.strip().isdigit():
        raise ValueError(f"not a count: {count}")
    return (name.strip().lower(), int(count or 1))


def reorder(have, want):
    """How many of each are missing; what suffices is left out."""
    missing = {}
    for name, count in want.items():
        short = count - have.get(name, 0)
        if short > 0:
            missing[name] = short
    return missing


def batches(count, size):
    """The count in full batches and a rest."""
    if size < 1:
        raise ValueError("size must be positive")
    full, rest = divmod(count, size)
    return [size] * full + ([rest] if rest else [])


def order(names, first=None):
    """Names sorted, those of ``first`` in front."""
    first = [] if first is None else list(first)
    first.extend(sorted(name for name in names if name not in first))
    return first


def ready(have, want):
    """Is all that is wanted there?"""
    return all(have.get(name, 0) >= count for name, count in want.items())


def label(name, width=8):
    """Exactly ``width`` characters, cut or filled with dots."""
    return name[:width] + "." * (width - len(name))
