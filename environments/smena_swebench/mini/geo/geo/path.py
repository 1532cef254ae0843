"""Paths: lists of points."""


def parse_point(text):
    """(x, y) of ``3,4``. ValueError for anything else; None: the origin."""
    parts = (text or "0,0").split(",")
    if len(parts) != 2:
        raise ValueError("not a point")
    return (float(parts[0]), float(parts[1]))


def same_point(first, second):
    return abs(first[0] - second[0]) < 1e-9 and abs(first[1] - second[1]) < 1e-9


def length(points):
    """Way along the streets."""
    total = 0
    for i in range(len(points) - 1):
        total += abs(points[i + 1][0] - points[i][0]) + abs(points[i + 1][1] - points[i][1])
    return total


def steps(start, end):
    """All whole numbers from start to end, both included."""
    return list(range(start, end + 1))


def nearest(points, x, y):
    """The nearest point, the first of equals. LookupError of none."""
    if not points:
        raise LookupError("no points")
    return min(points, key=lambda point: abs(point[0] - x) + abs(point[1] - y))


class Path:
    def __init__(self, points=None):
        self.points = [] if points is None else list(points)

    def go(self, x, y):
        """One point more; how many there are."""
        self.points.append((x, y))
        return len(self.points)

    def end(self):
        """The last point, or None."""
        if not self.points:
            return None
        return self.points[-1]

    def mean_step(self):
        """Mean way of a step; 0 of none."""
        count = len(self.points) - 1
        if count < 1:
            return 0
        return length(self.points) / count

    def reversed(self):
        """The way back, as a new list."""
        back = list(self.points)
        back.reverse()
        return back

    def far(self, limit):
        """Is the way at least so long?"""
        return length(self.points) >= limit
