"""Where the middle is."""


def mean(values):
    """The mean; 0 of none."""
    if not values:
        return 0
    return sum(values) / len(values)


def median(values):
    """The middle value, or the mean of the two. ValueError of none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def mode(values):
    """The commonest value, the first of equals; None of none."""
    best, most = None, 0
    for value in values or []:
        if values.count(value) > most:
            best, most = value, values.count(value)
    return best


def spread(values):
    """Largest less smallest; 0 of none."""
    if not values:
        return 0
    return max(values) - min(values)


def trimmed(values, cut):
    """The mean without the ``cut`` smallest and largest values; the list stays."""
    ordered = list(values)
    ordered.sort()
    if 2 * cut >= len(ordered):
        raise ValueError("nothing is left")
    return mean(ordered[cut : len(ordered) - cut])
