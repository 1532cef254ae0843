"""Grids from and to other things."""


def blank(height, width, value=0):
    """A grid of one value."""
    if height < 0 or width < 0:
        raise ValueError("a side is negative")
    return [[value] * width for _ in range(height)]


def from_text(text):
    """A row a line, a number a word; blank lines are left out."""
    text = text or ""
    return [[int(word) for word in line.split()] for line in text.splitlines() if line.strip()]


def to_text(grid, joiner=" "):
    return "\n".join(joiner.join(str(cell) for cell in row) for row in grid)


def to_bytes(grid):
    """As a file holds it."""
    return to_text(grid).encode("utf-8")
