"""Who is next."""


class Line:
    """First come, first served, with room for ``room``."""

    def __init__(self, room, items=None):
        if room < 1:
            raise ValueError("no room")
        self.room = room
        self.items = [] if items is None else list(items)

    def push(self, item):
        """Stand in line; how many stand there. OverflowError without room."""
        if len(self.items) >= self.room:
            raise OverflowError("the line is full")
        self.items.append(item)
        return len(self.items)

    def pop(self):
        """The next one. LookupError of none."""
        if not self.items:
            raise LookupError("the line is empty")
        return self.items.pop(0)

    def peek(self, default=None):
        """Who is next, still in line; the default of none."""
        if not self.items:
            return default
        return self.items[0]

    def full(self):
        return len(self.items) == self.room

    def share(self):
        """Share of the room that is taken."""
        return len(self.items) / self.room

    def waiting(self):
        """All in line, as a list of their own."""
        return list(self.items)


class Ranked:
    """The highest rank first, the earlier of equals."""

    def __init__(self):
        self.items = []

    def push(self, rank, item):
        at = 0
        while at < len(self.items) and self.items[at][0] >= rank:
            at += 1
        self.items.insert(at, (rank, item))
        return at

    def best(self):
        """The item that is next, or None."""
        if not self.items:
            return None
        return self.items[0][1]

    def above(self, rank):
        """Items of at least this rank."""
        return [item for r, item in self.items if r >= rank]


def chunk(items, size):
    """Items in lists of ``size``, the last may be shorter."""
    if size < 1:
        raise ValueError("size must be positive")
    return [items[i : i + size] for i in range(0, len(items), size)]


def batches(count, size):
    """How many chunks there are."""
    return (count + size - 1) // size


def window(items, size):
    """Every run of ``size`` neighbours."""
    return [items[i : i + size] for i in range(len(items) - size + 1)]


def rotate(items, by):
    """The first ``by`` moved to the end, as a new list; nothing: nothing."""
    if not items:
        return []
    cut = by % len(items)
    return items[cut:] + items[:cut]


def drain(lines, into=None):
    """All that stand in any line, after those already there."""
    found = [] if into is None else list(into)
    for line in lines:
        found.extend(line.items)
    return found
