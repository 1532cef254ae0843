import unittest

from grids import (
    add,
    blank,
    border,
    close,
    column,
    count,
    crop,
    diagonal,
    fill,
    from_text,
    neighbours,
    paste,
    scale,
    sub,
    to_bytes,
    to_text,
    total,
    widest,
)


class TestMake(unittest.TestCase):
    def test_blank(self):
        self.assertEqual(blank(2, 3), [[0, 0, 0], [0, 0, 0]])

    def test_blank_value(self):
        self.assertEqual(blank(1, 2, 7), [[7, 7]])

    def test_blank_rows_apart(self):
        grid = blank(2, 1)
        grid[0][0] = 5
        self.assertEqual(grid, [[5], [0]])

    def test_blank_height(self):
        with self.assertRaises(ValueError):
            blank(-1, 2)

    def test_blank_width(self):
        with self.assertRaises(ValueError):
            blank(2, -1)

    def test_blank_empty(self):
        self.assertEqual(blank(0, 2), [])

    def test_from_text(self):
        self.assertEqual(from_text("1 2\n3 4"), [[1, 2], [3, 4]])

    def test_from_text_blank_line(self):
        self.assertEqual(from_text("1\n  \n2"), [[1], [2]])

    def test_from_text_blank_end(self):
        self.assertEqual(from_text("1 2\n \n"), [[1, 2]])

    def test_from_text_none(self):
        self.assertEqual(from_text(None), [])

    def test_from_text_missing(self):
        self.assertEqual(widest(from_text(None)), 0)

    def test_to_text(self):
        self.assertEqual(to_text([[1, 2], [3, 4]]), "1 2\n3 4")

    def test_to_text_joiner(self):
        self.assertEqual(to_text([[1, 2]], ","), "1,2")

    def test_to_bytes(self):
        self.assertEqual(to_bytes([[1]]), b"1")

    def test_to_bytes_letters(self):
        self.assertEqual(to_bytes([["é"]]), b"\xc3\xa9")

    def test_to_bytes_euro(self):
        self.assertEqual(to_bytes([["€", 1]]), b"\xe2\x82\xac 1")


class TestLook(unittest.TestCase):
    def test_column(self):
        self.assertEqual(column([[1, 2], [3, 4]], 1), [2, 4])

    def test_column_first(self):
        self.assertEqual(column([[1, 2], [3, 4]], 0), [1, 3])

    def test_column_out(self):
        with self.assertRaises(IndexError):
            column([[1, 2]], 2)

    def test_column_far_out(self):
        with self.assertRaises(IndexError):
            column([[1, 2]], 9)

    def test_column_negative(self):
        with self.assertRaises(IndexError):
            column([[1, 2]], -1)

    def test_column_of_none(self):
        with self.assertRaises(IndexError):
            column([], 0)

    def test_diagonal(self):
        self.assertEqual(diagonal([[1, 2], [3, 4]]), [1, 4])

    def test_diagonal_wide(self):
        self.assertEqual(diagonal([[1, 2, 3], [4, 5, 6]]), [1, 5])

    def test_diagonal_tall(self):
        self.assertEqual(diagonal([[1], [2]]), [1])

    def test_diagonal_empty(self):
        self.assertEqual(diagonal([]), [])

    def test_border(self):
        self.assertEqual(border([[1, 2, 3]] * 3, 1, 1), False)

    def test_border_row(self):
        self.assertEqual(border([[1, 2, 3]] * 3, 2, 1), True)

    def test_border_col(self):
        self.assertEqual(border([[1, 2, 3]] * 3, 1, 0), True)

    def test_border_right(self):
        self.assertEqual(border([[1, 2, 3]] * 3, 1, 2), True)

    def test_neighbours(self):
        self.assertEqual(neighbours([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, 1), [2, 8, 4, 6])

    def test_neighbours_corner(self):
        self.assertEqual(neighbours([[1, 2], [3, 4]], 0, 0), [3, 2])

    def test_neighbours_end(self):
        self.assertEqual(neighbours([[1, 2], [3, 4]], 1, 1), [2, 3])

    def test_count(self):
        self.assertEqual(count([[1, 2], [1, 1]], 1), 3)

    def test_count_none(self):
        self.assertEqual(count([[1]], 5), 0)

    def test_total(self):
        self.assertEqual(total([[1, 2], [3, 4]]), 10)

    def test_total_missing(self):
        self.assertEqual(total([[1, None], [3, 4]]), 8)

    def test_total_all_missing(self):
        self.assertEqual(total([[None, None]]), 0)

    def test_widest(self):
        self.assertEqual(widest([[1], [1, 2, 3], []]), 3)

    def test_widest_even(self):
        self.assertEqual(widest([[1], [2]]), 1)

    def test_widest_empty(self):
        self.assertEqual(widest([]), 0)

    def test_close(self):
        self.assertEqual(close([[0.1 + 0.2]], [[0.3]]), True)

    def test_close_product(self):
        self.assertEqual(close([[1, 1.1 * 3]], [[1, 3.3]]), True)

    def test_close_other(self):
        self.assertEqual(close([[1]], [[2]]), False)

    def test_close_height(self):
        self.assertEqual(close([[1]], [[1], [2]]), False)

    def test_close_width(self):
        self.assertEqual(close([[1]], [[1, 2]]), False)


class TestChange(unittest.TestCase):
    def test_crop(self):
        self.assertEqual(crop([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, 1, 2, 2), [[5, 6], [8, 9]])

    def test_crop_cell(self):
        self.assertEqual(crop([[1, 2], [3, 4]], 0, 1, 1, 1), [[2]])

    def test_crop_row(self):
        self.assertEqual(crop([[1, 2], [3, 4]], 1, 0, 1, 2), [[3, 4]])

    def test_scale(self):
        self.assertEqual(scale([[1, 2]], 2), [[1, 1, 2, 2], [1, 1, 2, 2]])

    def test_scale_rows_apart(self):
        grid = scale([[1]], 2)
        grid[0][0] = 9
        self.assertEqual(grid, [[9, 1], [1, 1]])

    def test_scale_rows_apart_three(self):
        grid = scale([[0]], 3)
        grid[2][2] = 1
        self.assertEqual(grid, [[0, 0, 0], [0, 0, 0], [0, 0, 1]])

    def test_fill(self):
        self.assertEqual(fill([[1, 2]], 0), [[0, 0]])

    def test_fill_cells(self):
        self.assertEqual(fill([[1, 2], [3, 4]], 0, [(1, 0)]), [[1, 2], [0, 4]])

    def test_fill_no_cells(self):
        self.assertEqual(fill([[1, 2]], 0, []), [[1, 2]])

    def test_fill_keeps(self):
        grid = [[1]]
        fill(grid, 5)
        self.assertEqual(grid, [[1]])

    def test_fill_keeps_rows(self):
        grid = [[1, 2], [3, 4]]
        fill(grid, 5, [(0, 0)])
        self.assertEqual(grid, [[1, 2], [3, 4]])

    def test_paste(self):
        self.assertEqual(paste([[0, 0], [0, 0]], [[1]], 1, 1), [[0, 0], [0, 1]])

    def test_paste_cut(self):
        self.assertEqual(paste([[0, 0]], [[1, 1, 1]], 0, 1), [[0, 1]])

    def test_paste_cut_below(self):
        self.assertEqual(paste([[0]], [[1], [2]], 0, 0), [[1]])

    def test_paste_keeps(self):
        grid = [[0]]
        paste(grid, [[1]], 0, 0)
        self.assertEqual(grid, [[0]])

    def test_paste_keeps_rows(self):
        grid = [[0, 0], [0, 0]]
        paste(grid, [[1, 1]], 1, 0)
        self.assertEqual(grid, [[0, 0], [0, 0]])

    def test_add(self):
        self.assertEqual(add([[1, 2]], [[3, 4]]), [[4, 6]])

    def test_add_negative(self):
        self.assertEqual(add([[1]], [[-4]]), [[-3]])

    def test_add_height(self):
        with self.assertRaises(ValueError):
            add([[1]], [[1], [2]])

    def test_add_empty(self):
        with self.assertRaises(ValueError):
            add([], [[1]])

    def test_sub(self):
        self.assertEqual(sub([[5, 5]], [[3, 4]]), [[2, 1]])

    def test_sub_order(self):
        self.assertEqual(sub([[1]], [[4]]), [[-3]])
