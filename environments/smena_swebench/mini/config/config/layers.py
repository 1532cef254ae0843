"""Settings over settings."""


def layered(layers, base=None):
    """Later layers over earlier ones over the base; a layer may be None."""
    merged = {} if base is None else dict(base)
    for layer in layers:
        merged.update(layer or {})
    return merged


def stack(names, onto=None):
    """Names after those already there, each once."""
    found = [] if onto is None else list(onto)
    for name in names:
        if name not in found:
            found.append(name)
    return found


def flag(text):
    """Is it switched on? ValueError for what is neither on nor off."""
    word = (text or "off").strip().lower()
    if word in ("on", "yes", "true"):
        return True
    if word not in ("off", "no", "false"):
        raise ValueError(f"neither on nor off: {text}")
    return False


def limit(value, low, high):
    """The value where it is from low to high, both included. IndexError elsewhere."""
    if value < low or value > high:
        raise IndexError("out of limits")
    return value


def changed(old, new):
    """Names whose values differ or that only one of them has, sorted."""
    names = set(old) | set(new)
    return sorted(name for name in names if old.get(name) != new.get(name))


class Settings:
    """Settings with defaults beneath."""

    def __init__(self, values=None, defaults=None):
        self.values = {} if values is None else dict(values)
        self.defaults = dict(defaults or {})

    def set(self, name, value):
        """Change a setting; how many are set."""
        self.values[name.lower()] = value
        return len(self.values)

    def get(self, name):
        """The value or the default. KeyError of neither."""
        if name in self.values:
            return self.values[name]
        if name not in self.defaults:
            raise KeyError(f"no setting {name}")
        return self.defaults[name]

    def mean(self, names):
        """Mean of some numbers; 0 of none."""
        if not names:
            return 0
        return sum(self.get(name) for name in names) / len(names)

    def most(self):
        """The largest value set, or None."""
        if not self.values:
            return None
        return max(self.values.values())

    def copy(self):
        """The settings as they are now."""
        return dict(self.values)

    def share(self, name):
        """Is the value a share, and with the rest up to rounding one?"""
        rest = self.values.get("rest", 0)
        return abs(self.get(name) + rest - 1) < 1e-9

    def recent(self, count):
        """Names set last, the newest last."""
        return list(self.values)[len(self.values) - count :]

    def enough(self, count):
        return len(self.values) >= count
