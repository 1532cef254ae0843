"""Tables: a header and rows of texts."""


def parse(line, sign=","):
    """Cells of a line; quotes hold signs together. Nothing: no cells."""
    if not line:
        return []
    cells, cell, quoted = [], "", False
    for char in line:
        if char == '"':
            quoted = not quoted
        elif char == sign and not quoted:
            cells.append(cell.strip())
            cell = ""
        else:
            cell += char
    if quoted:
        raise ValueError("a quote is open")
    cells.append(cell.strip())
    return cells


def row_text(cells, sign=","):
    """A line of cells; None is an empty cell."""
    return sign.join(cell or "" for cell in cells)


def number(text):
    """The text as a number; empty: 0."""
    text = (text or "0").strip()
    return float(text)


def widths(rows):
    """The longest cell of each column."""
    if not rows:
        return []
    return [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]


def joined(first, second):
    """Rows of two tables one after the other. ValueError where the headers differ."""
    if first.header != second.header:
        raise ValueError("headers differ")
    return Table(first.header, first.rows + second.rows)


class Table:
    def __init__(self, header, rows=None):
        self.header = header
        self.rows = [] if rows is None else list(rows)

    def add(self, row):
        """Add a row; its number from 0."""
        if len(row) != len(self.header):
            raise ValueError("row of another length")
        self.rows.append(row)
        return len(self.rows) - 1

    def column(self, name):
        """Cells under a heading, whatever its case. KeyError where there is none."""
        lowered = [title.lower() for title in self.header]
        if name.lower() not in lowered:
            raise KeyError(name)
        at = lowered.index(name.lower())
        return [row[at] for row in self.rows]

    def where(self, name, low, high):
        """Rows whose number under ``name`` is from low to high, both included."""
        values = [number(cell) for cell in self.column(name)]
        return [row for row, value in zip(self.rows, values) if low <= value <= high]

    def mean(self, name):
        """Mean of a column; 0 of none."""
        values = [number(cell) for cell in self.column(name)]
        if not values:
            return 0
        return sum(values) / len(values)

    def page(self, index, size):
        """Rows of a page, the first page is 1."""
        start = (index - 1) * size
        return self.rows[start : start + size]

    def save(self):
        """All lines as bytes."""
        return "\n".join(row_text(row) for row in [self.header, *self.rows]).encode("utf-8")

    def total(self, name, expected):
        """Does the column add up to what is expected, up to rounding?"""
        return abs(sum(number(cell) for cell in self.column(name)) - expected) < 1e-9
