"""New grids from old ones; the old ones stay as they are."""


def crop(grid, top, left, height, width):
    """The part of that size from (top, left)."""
    return [row[left : left + width] for row in grid[top : top + height]]


def scale(grid, factor):
    """Each cell ``factor`` times in both directions."""
    scaled = []
    for row in grid:
        wide = [cell for cell in row for _ in range(factor)]
        for _ in range(factor):
            scaled.append(list(wide))
    return scaled


def fill(grid, value, cells=None):
    """The value at the cells given as (row, col), or everywhere."""
    filled = [list(row) for row in grid]
    if cells is None:
        cells = [(r, c) for r in range(len(filled)) for c in range(len(filled[r]))]
    for r, c in cells:
        filled[r][c] = value
    return filled


def paste(grid, patch, top, left):
    """The patch laid over the grid; what reaches out is cut off."""
    pasted = [list(row) for row in grid]
    for r, row in enumerate(patch):
        for c, cell in enumerate(row):
            if top + r < len(pasted) and left + c < len(pasted[0]):
                pasted[top + r][left + c] = cell
    return pasted


def add(first, second):
    """Cell by cell."""
    if len(first) != len(second):
        raise ValueError("grids differ in height")
    return [[a + b for a, b in zip(x, y)] for x, y in zip(first, second)]


def sub(first, second):
    """The first less the second."""
    return add(first, [[-cell for cell in row] for row in second])
