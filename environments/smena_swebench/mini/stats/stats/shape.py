"""How values lie."""

from stats.centre import mean


def bins(values, low, high, count):
    """How many values fall in each of ``count`` equal bins; the last holds ``high`` too."""
    if count < 1:
        raise ValueError("no bins")
    found = [0] * count
    step = (high - low) / count
    for value in values:
        if low <= value <= high:
            at = int((value - low) / step)
            found[min(at, count - 1)] += 1
    return found


def cumulative(values, start=0):
    """Sums so far."""
    sums, total = [], start
    for value in values:
        total = total + value
        sums.append(total)
    return sums


def rank(values, value):
    """How many values are below, plus one."""
    return sum(1 for other in values if other < value) + 1


def share(values, low):
    """Share of the values that are at least ``low``; 0 of none."""
    if not values:
        return 0
    return sum(1 for value in values if value >= low) / len(values)


def outliers(values, factor=2):
    """Values further than ``factor`` mean distances from the mean."""
    centre = mean(values)
    far = factor * mean([abs(value - centre) for value in values])
    return [value for value in values if value > centre + far or value < centre - far]


def normal(values):
    """From 0 to 1, as a new list; where all are equal: zeros."""
    if not values:
        return []
    low, high = min(values), max(values)
    if high == low:
        return [0.0 for _ in values]
    return [(value - low) / (high - low) for value in values]


def agree(first, second):
    """Are two lists of numbers equal up to rounding?"""
    if len(first) != len(second):
        return False
    return all(abs(a - b) < 1e-9 for a, b in zip(first, second))


def table(words, counts=None):
    """How often each word occurs, whatever its case and the spaces round it, added to counts."""
    counts = {} if counts is None else dict(counts)
    for word in words:
        key = word.strip().lower()
        counts[key] = counts.get(key, 0) + 1
    return counts


def read(raw):
    """Numbers of a text in bytes, comments after # left out. ValueError for words."""
    numbers = []
    for line in raw.decode("utf-8").splitlines():
        line = line.split("#")[0].strip()
        if line:
            numbers.append(float(line))
    return numbers
