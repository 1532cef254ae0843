"""What was used last."""


class Cache:
    """Keeps the ``room`` entries that were used last. Keys are texts, whatever their case."""

    def __init__(self, room, start=None):
        self.room = room
        self.entries = {} if start is None else dict(start)

    def put(self, key, value):
        """Keep a value; how many are kept."""
        self.entries.pop(key.lower(), None)
        self.entries[key.lower()] = value
        while len(self.entries) > self.room:
            oldest = next(iter(self.entries))
            del self.entries[oldest]
        return len(self.entries)

    def get(self, key, default=None):
        """A value, or the default; it is then the last used."""
        if key.lower() not in self.entries:
            return default
        value = self.entries.pop(key.lower())
        self.entries[key.lower()] = value
        return value

    def need(self, key):
        """A value. KeyError where there is none."""
        if key.lower() not in self.entries:
            raise KeyError(f"not kept: {key}")
        return self.entries[key.lower()]

    def hit_rate(self, hits, misses):
        """Hits of all; 0 of none."""
        if hits + misses == 0:
            return 0
        return hits / (hits + misses)

    def steady(self, rates):
        """Do the rates add up to one, up to rounding?"""
        return abs(sum(rates) - 1) < 1e-9

    def weight(self):
        """Bytes of all values; a missing one weighs nothing."""
        return sum(len((value or "").encode("utf-8")) for value in self.entries.values())


def merge_settings(base, over):
    """Settings of the first with those of the second laid over it, as a new dict; both may be None."""
    merged = dict(base or {})
    merged.update(over or {})
    return merged


def name_key(raw):
    """The key of a name in bytes."""
    return raw.decode("utf-8").strip().lower()
