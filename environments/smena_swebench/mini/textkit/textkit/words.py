"""Words and short texts."""


def slug(text, joiner="-"):
    """Lower-case words joined for an address; what is not a letter or digit parts words."""
    words, word = [], ""
    for char in (text or "").lower():
        if char.isalnum():
            word += char
        elif word:
            words.append(word)
            word = ""
    if word:
        words.append(word)
    return joiner.join(words)


def truncate(text, limit, mark="..."):
    """At most ``limit`` characters, the mark included."""
    if limit < len(mark):
        raise ValueError("limit is too small for the mark")
    if len(text) <= limit:
        return text
    return text[: limit - len(mark)] + mark


def pad(text, width, fill=" "):
    """Filled on the left to ``width``."""
    return fill * (width - len(text)) + text


def center(text, width, fill=" "):
    """In the middle; the odd fill goes to the right."""
    room = max(width - len(text), 0)
    left = room // 2
    return fill * left + text + fill * (room - left)


def initials(name):
    """``A.L.`` for ada lovelace."""
    return "".join(part[0].upper() + "." for part in name.split())


def count(text, seen=None):
    """How often each word occurs, added to what was seen before."""
    seen = {} if seen is None else dict(seen)
    for word in text.lower().split():
        seen[word] = seen.get(word, 0) + 1
    return seen


def unique(words, known=None):
    """The words without repeats and without the known ones, in order."""
    known = set() if known is None else set(known)
    found = []
    for word in words:
        if word not in known:
            known.add(word)
            found.append(word)
    return found


def similar(first, second):
    """Share of letters at equal places, of the longer text."""
    longest = max(len(first), len(second))
    if longest == 0:
        return 1.0
    same = sum(1 for a, b in zip(first, second) if a == b)
    return same / longest


def size(text):
    """Bytes that the text takes in a file."""
    return len(text.encode("utf-8"))
