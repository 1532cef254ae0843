"""Lines of a file."""


def pair(line):
    """(name, value) of ``name = value``; the name in small letters. Nothing: None."""
    line = (line or "").strip()
    if not line:
        return None
    name, equals, value = line.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"not a setting: {line}")
    return (name.strip().lower(), value.strip())


def section(line):
    """The name in ``[name]``, in small letters; None for other lines."""
    if line.startswith("[") and line.endswith("]"):
        return line[1:-1].lower()
    return None


def load(raw):
    """Sections of a file in bytes: name → settings; those before the first are under ""."""
    found = {"": {}}
    name = ""
    for line in raw.decode("utf-8").splitlines():
        title = section(line.strip())
        if title is not None:
            name = title
            found.setdefault(name, {})
            continue
        setting = pair(line.split("#")[0])
        if setting:
            found[name][setting[0]] = setting[1]
    return found


def dump(settings):
    """Lines in order, as bytes; None is written as nothing."""
    lines = [f"{name}={settings[name] or ''}" for name in sorted(settings)]
    return "\n".join(lines).encode("utf-8")


def size_of(text):
    """Bytes of ``10k`` or ``2m``; a plain number is bytes."""
    units = {"k": 1024, "m": 1024 * 1024}
    text = text.strip().lower()
    if not text:
        raise ValueError("no size")
    if text[-1] in units:
        return int(text[:-1]) * units[text[-1]]
    return int(text)
