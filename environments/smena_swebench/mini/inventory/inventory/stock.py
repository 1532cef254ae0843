"""Things in store."""


class Stock:
    """Counts by name."""

    def __init__(self, counts=None):
        self.counts = {} if counts is None else dict(counts)

    def put(self, name, count=1):
        """Add; how many there are now."""
        if count < 1:
            raise ValueError("nothing to put")
        key = name.strip().lower()
        self.counts[key] = self.counts.get(key, 0) + count
        return self.counts[key]

    def take(self, name, count=1):
        """Take out; how many are left. KeyError for what was never there."""
        if name not in self.counts:
            raise KeyError(name)
        if count > self.counts[name]:
            raise ValueError(f"only {self.counts[name]} of {name}")
        self.counts[name] = self.counts[name] - count
        return self.counts[name]

    def has(self, name, count=1):
        return self.counts.get(name, 0) >= count

    def low(self, limit):
        """Names of which fewer than ``limit`` are left, sorted."""
        return sorted(name for name, count in self.counts.items() if count < limit)

    def most(self):
        """The name of which there are most, or None."""
        if not self.counts:
            return None
        return max(self.counts, key=lambda name: self.counts[name])

    def snapshot(self):
        """The counts as they are now."""
        return dict(self.counts)

    def history(self, log=None):
        """The log with the present total at its end."""
        log = [] if log is None else list(log)
        log.append(sum(self.counts.values()))
        return log


def price_of(prices, name, default=None):
    """The price, or the default; KeyError without either."""
    price = prices.get(name, default)
    if price is None:
        raise KeyError(f"no price for {name}")
    return price


def value(counts, prices):
    """Worth of all that has a price."""
    return sum(count * (prices.get(name) or 0) for name, count in counts.items())


def average(prices):
    """Mean price; 0 of none."""
    if not prices:
        return 0
    return sum(prices) / len(prices)


def discount(price, rate, floor=0):
    """The price less ``rate`` percent, never below the floor."""
    return max(price - price * rate / 100, floor)


def equal_price(first, second):
    return abs(first - second) < 1e-9
