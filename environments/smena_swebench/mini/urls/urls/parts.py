"""Parts of an address."""

KNOWN = {"http": 80, "https": 443}


def scheme(url):
    """What stands before ``://``, in small letters; nothing: ""."""
    at = (url or "").find("://")
    if at < 0:
        return ""
    return url[:at].strip().lower()


def host(url):
    """The host in small letters. ValueError where there is none."""
    at = url.find("://")
    rest = url if at < 0 else url[at + 3 :]
    name = rest.split("/")[0].split(":")[0]
    if not name:
        raise ValueError("no host")
    return name.lower()


def port(url, known=KNOWN):
    """The port that is said, or that of the scheme. LookupError of neither."""
    rest = url.split("://")[-1].split("/")[0]
    _, colon, said = rest.partition(":")
    if colon:
        value = int(said)
        if value < 1 or value > 65535:
            raise ValueError("no such port")
        return value
    if scheme(url) not in known:
        raise LookupError("no port known")
    return known[scheme(url)]


def same_host(first, second):
    return host(first) == host(second)


def depth(path):
    """How many names the path has."""
    return sum(1 for name in (path or "").split("/") if name)


def join(base, path):
    """A path beneath a base, with one slash between."""
    return base.rstrip("/") + "/" + path.lstrip("/")


def trail(path):
    """All paths on the way, the longest last; of none: none."""
    names = [name for name in path.split("/") if name]
    return ["/" + "/".join(names[: i + 1]) for i in range(len(names))]


class Address:
    """A host and the names of a path."""

    def __init__(self, name, path=None):
        self.name = name
        self.path = [] if path is None else list(path)

    def down(self, name):
        """One name deeper; the new depth."""
        if not name or "/" in name:
            raise ValueError("not a name")
        self.path.append(name)
        return len(self.path)

    def up(self):
        """One name back; the name. LookupError at the top."""
        if not self.path:
            raise LookupError("at the top")
        return self.path.pop()

    def last(self):
        """The last name, or None."""
        if not self.path:
            return None
        return self.path[-1]

    def within(self, other):
        """Does the other's path begin this one?"""
        return len(self.path) >= len(other.path) and self.path[: len(other.path)] == other.path

    def names(self):
        """The names, as a list of their own."""
        return list(self.path)
