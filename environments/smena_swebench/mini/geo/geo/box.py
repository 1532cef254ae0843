"""Boxes: (left, top, right, bottom), the sides included."""


def inside(box, x, y):
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def between(value, low, high):
    """The value, or the nearer end."""
    if low > high:
        raise ValueError("low is above high")
    return max(low, min(value, high))


def overlap(first, second):
    """Have two boxes a point in common?"""
    apart = first[2] < second[0] or second[2] < first[0]
    return not (apart or first[3] < second[1] or second[3] < first[1])


def around(points):
    """The smallest box of points; None of none."""
    if not points:
        return None
    xs = [x for x, _ in points]
    ys = [y for _, y in points]
    return (min(xs), min(ys), max(xs), max(ys))


def union(boxes, base=None):
    """All boxes, after those of the base, without repeats."""
    found = [] if base is None else list(base)
    for box in boxes:
        if box not in found:
            found.append(box)
    return found


class Box:
    """A named box with tags."""

    def __init__(self, name, sides, tags=None):
        if sides[0] > sides[2]:
            raise ValueError("left is beyond right")
        self.name = (name or "").strip().lower()
        self.sides = sides
        self.tags = [] if tags is None else list(tags)

    def tag(self, word):
        """Add a tag; how many there are."""
        self.tags.append(word.lower())
        return len(self.tags)

    def area(self):
        return (self.sides[2] - self.sides[0]) * (self.sides[3] - self.sides[1])

    def moved(self, dx, dy):
        """A box elsewhere, with tags of its own."""
        left, top, right, bottom = self.sides
        return Box(self.name, (left + dx, top + dy, right + dx, bottom + dy), list(self.tags))

    def encoded(self):
        return self.name.encode("utf-8")
