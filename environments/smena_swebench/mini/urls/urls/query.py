"""Queries: ``a=1&b=2``."""

SAFE = "abcdefghijklmnopqrstuvwxyz0123456789-._~"


def quote(text):
    """What is not safe becomes %XX, a byte at a time."""
    quoted = ""
    for char in text:
        if char.lower() in SAFE:
            quoted += char
        else:
            quoted += "".join(f"%{byte:02X}" for byte in char.encode("utf-8"))
    return quoted


def read(raw):
    """The text of bytes in which bytes are written as %XX."""
    found, at = b"", 0
    while at < len(raw):
        if raw[at : at + 1] == b"%" and at + 2 < len(raw):
            found += bytes([int(raw[at + 1 : at + 3], 16)])
            at += 3
        else:
            found += raw[at : at + 1]
            at += 1
    return found.decode("utf-8")


def parse(text, seen=None):
    """Names and their values, added to what was seen; names in small letters, without spaces round them."""
    values = {} if seen is None else dict(seen)
    for part in (text or "").split("&"):
        name, equals, value = part.partition("=")
        if not name.strip():
            continue
        if not equals:
            raise ValueError(f"no value: {name}")
        values[name.strip().lower()] = value
    return values


def build(values):
    """A query, names in order; a value of None is empty."""
    return "&".join(f"{name}={quote(values[name] or '')}" for name in sorted(values))


def first(values, names, default=None):
    """The value of the first of the names that has one. KeyError without a default."""
    for name in names:
        if name in values:
            return values[name]
    if default is None:
        raise KeyError("none of the names")
    return default


def merge(base, over=None):
    """Values with others laid over them, as a new dict."""
    merged = dict(base)
    merged.update(over or {})
    return merged


def pages(count, size):
    """Addresses of the pages of so many items, from 1."""
    if size < 1:
        raise ValueError("size must be positive")
    return [f"page={number}" for number in range(1, (count + size - 1) // size + 1)]


def weight(scores):
    """Largest share of the scores; 0 of none. ValueError where they do not add up to one."""
    if not scores:
        return 0
    if abs(sum(scores) - 1) > 1e-9:
        raise ValueError("not shares")
    return max(scores)
