"""What a grid is like."""


def column(grid, index):
    """A column as a list. IndexError where there is none."""
    if not grid or not 0 <= index < len(grid[0]):
        raise IndexError(f"no column {index}")
    return [row[index] for row in grid]


def diagonal(grid):
    """Cells from the upper left, as far as they go."""
    if not grid:
        return []
    return [grid[i][i] for i in range(min(len(grid), len(grid[0])))]


def border(grid, row, col):
    """Is the cell at the edge?"""
    return row in (0, len(grid) - 1) or col in (0, len(grid[0]) - 1)


def neighbours(grid, row, col):
    """Values above, below, left and right."""
    found = []
    for r, c in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)):
        if 0 <= r < len(grid) and 0 <= c < len(grid[0]):
            found.append(grid[r][c])
    return found


def count(grid, value):
    return sum(1 for row in grid for cell in row if cell == value)


def total(grid):
    """Sum of all cells; None counts as 0."""
    return sum(cell or 0 for row in grid for cell in row)


def widest(grid):
    """Length of the longest row; 0 of none."""
    if not grid:
        return 0
    return max(len(row) for row in grid)


def close(first, second):
    """Same shape, and cells equal up to rounding."""
    if len(first) != len(second):
        return False
    pairs = zip(first, second)
    return all(len(a) == len(b) and all(abs(x - y) < 1e-9 for x, y in zip(a, b)) for a, b in pairs)
