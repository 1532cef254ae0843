"""Lines and paragraphs."""


def wrap(text, width):
    """Lines of at most ``width`` characters; a longer word has a line of its own."""
    if width < 1:
        raise ValueError("width must be positive")
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) <= width:
            line = line + " " + word
        else:
            if line:
                lines.append(line)
            line = word
    if line:
        lines.append(line)
    return lines


def indent(lines, by=4, first=True):
    """Each line moved to the right; the first one only if ``first``."""
    moved = list(lines)
    for i in range(0 if first else 1, len(moved)):
        moved[i] = " " * by + moved[i]
    return moved


def number(lines, start=1):
    """Lines with their numbers."""
    return [f"{i}: {line}" for i, line in enumerate(lines, start)]


def paragraphs(lines):
    """Runs of lines between blank ones."""
    found, current = [], []
    for line in lines:
        if line.strip():
            current.append(line)
        elif current:
            found.append(current)
            current = []
    if current:
        found.append(current)
    return found
