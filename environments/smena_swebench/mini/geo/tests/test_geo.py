import unittest

from geo import (
    Box,
    Path,
    around,
    between,
    inside,
    length,
    nearest,
    overlap,
    parse_point,
    same_point,
    steps,
    union,
)


class TestBoxes(unittest.TestCase):
    def test_inside(self):
        self.assertEqual(inside((0, 0, 4, 4), 1, 1), True)

    def test_inside_left(self):
        self.assertEqual(inside((0, 0, 4, 4), 0, 1), True)

    def test_inside_left_top(self):
        self.assertEqual(inside((2, 2, 4, 4), 2, 2), True)

    def test_inside_right(self):
        self.assertEqual(inside((0, 0, 4, 4), 4, 1), True)

    def test_inside_corner(self):
        self.assertEqual(inside((0, 0, 4, 4), 4, 4), True)

    def test_inside_not(self):
        self.assertEqual(inside((0, 0, 4, 4), 5, 1), False)

    def test_inside_above(self):
        self.assertEqual(inside((0, 0, 4, 4), 1, 9), False)

    def test_between(self):
        self.assertEqual(between(5, 0, 10), 5)

    def test_between_low(self):
        self.assertEqual(between(-5, 0, 10), 0)

    def test_between_high(self):
        self.assertEqual(between(15, 0, 10), 10)

    def test_between_wrong(self):
        with self.assertRaises(ValueError):
            between(1, 10, 0)

    def test_between_wrong_far(self):
        with self.assertRaises(ValueError):
            between(1, 5, 4)

    def test_between_equal(self):
        self.assertEqual(between(1, 4, 4), 4)

    def test_overlap(self):
        self.assertEqual(overlap((0, 0, 4, 4), (2, 2, 6, 6)), True)

    def test_overlap_touch(self):
        self.assertEqual(overlap((0, 0, 4, 4), (4, 0, 6, 4)), True)

    def test_overlap_touch_corner(self):
        self.assertEqual(overlap((0, 0, 4, 4), (4, 4, 6, 6)), True)

    def test_overlap_not(self):
        self.assertEqual(overlap((0, 0, 4, 4), (5, 0, 6, 4)), False)

    def test_overlap_below(self):
        self.assertEqual(overlap((0, 0, 4, 4), (0, 5, 4, 6)), False)

    def test_around(self):
        self.assertEqual(around([(1, 5), (3, 2)]), (1, 2, 3, 5))

    def test_around_one(self):
        self.assertEqual(around([(1, 5)]), (1, 5, 1, 5))

    def test_around_none(self):
        self.assertEqual(around([]), None)

    def test_around_no_tuple(self):
        self.assertEqual(around(()), None)

    def test_union(self):
        self.assertEqual(union([1, 2, 1]), [1, 2])

    def test_union_base(self):
        self.assertEqual(union([1, 2], [2]), [2, 1])

    def test_union_again(self):
        union([1])
        self.assertEqual(union([2]), [2])

    def test_union_nothing(self):
        union([1])
        self.assertEqual(union([]), [])

    def test_union_keeps(self):
        base = [1]
        union([2], base)
        self.assertEqual(base, [1])

    def test_union_keeps_empty(self):
        base = []
        union([2], base)
        self.assertEqual(base, [])

    def test_box_wrong(self):
        with self.assertRaises(ValueError):
            Box("a", (4, 0, 1, 1))

    def test_box_wrong_near(self):
        with self.assertRaises(ValueError):
            Box("a", (2, 0, 1, 1))

    def test_box_thin(self):
        self.assertEqual(Box("a", (2, 0, 2, 5)).area(), 0)

    def test_box_name(self):
        self.assertEqual(Box("Home", (0, 0, 1, 1)).name, "home")

    def test_box_name_shouted(self):
        self.assertEqual(Box("HOME", (0, 0, 1, 1)).name, "home")

    def test_box_name_spaces(self):
        self.assertEqual(Box(" home ", (0, 0, 1, 1)).name, "home")

    def test_box_name_space(self):
        self.assertEqual(Box("work ", (0, 0, 1, 1)).name, "work")

    def test_box_name_none(self):
        self.assertEqual(Box(None, (0, 0, 1, 1)).name, "")

    def test_box_name_none_area(self):
        self.assertEqual(Box(None, (0, 0, 2, 1)).area(), 2)

    def test_boxes_are_apart(self):
        Box("a", (0, 0, 1, 1)).tag("x")
        self.assertEqual(Box("b", (0, 0, 1, 1)).tags, [])

    def test_boxes_count_apart(self):
        Box("a", (0, 0, 1, 1)).tag("x")
        self.assertEqual(Box("b", (0, 0, 1, 1)).tag("y"), 1)

    def test_tags_are_copied(self):
        tags = ["x"]
        Box("a", (0, 0, 1, 1), tags).tag("y")
        self.assertEqual(tags, ["x"])

    def test_tags_copied_empty(self):
        tags = []
        Box("a", (0, 0, 1, 1), tags).tag("y")
        self.assertEqual(tags, [])

    def test_tag_case(self):
        box = Box("a", (0, 0, 1, 1))
        box.tag("Red")
        self.assertEqual(box.tags, ["red"])

    def test_tag_shouted(self):
        box = Box("a", (0, 0, 1, 1), ["blue"])
        box.tag("RED")
        self.assertEqual(box.tags, ["blue", "red"])

    def test_area(self):
        self.assertEqual(Box("a", (0, 0, 3, 2)).area(), 6)

    def test_area_shifted(self):
        self.assertEqual(Box("a", (1, 1, 3, 5)).area(), 8)

    def test_moved(self):
        self.assertEqual(Box("a", (0, 0, 1, 1)).moved(2, 3).sides, (2, 3, 3, 4))

    def test_moved_back(self):
        self.assertEqual(Box("a", (5, 5, 6, 6)).moved(-5, 0).sides, (0, 5, 1, 6))

    def test_moved_tags(self):
        self.assertEqual(Box("a", (0, 0, 1, 1), ["x"]).moved(1, 1).tags, ["x"])

    def test_encoded(self):
        self.assertEqual(Box("a", (0, 0, 1, 1)).encoded(), b"a")

    def test_encoded_accent(self):
        self.assertEqual(Box("é", (0, 0, 1, 1)).encoded(), b"\xc3\xa9")

    def test_encoded_greek(self):
        self.assertEqual(Box("α", (0, 0, 1, 1)).encoded(), b"\xce\xb1")


class TestPaths(unittest.TestCase):
    def test_parse(self):
        self.assertEqual(parse_point("3,4"), (3, 4))

    def test_parse_none(self):
        self.assertEqual(parse_point(None), (0, 0))

    def test_parse_missing(self):
        self.assertEqual(parse_point(None)[0], 0)

    def test_parse_three(self):
        with self.assertRaises(ValueError):
            parse_point("1,2,3")

    def test_parse_one(self):
        with self.assertRaises(ValueError):
            parse_point("1")

    def test_same(self):
        self.assertEqual(same_point((0.1 + 0.2, 1), (0.3, 1)), True)

    def test_same_more(self):
        self.assertEqual(same_point((1.1 * 3, 0), (3.3, 0)), True)

    def test_same_not(self):
        self.assertEqual(same_point((0, 1), (0, 2)), False)

    def test_same_not_first(self):
        self.assertEqual(same_point((0, 1), (1, 1)), False)

    def test_length(self):
        self.assertEqual(length([(0, 0), (3, 4)]), 7)

    def test_length_two(self):
        self.assertEqual(length([(0, 0), (1, 0), (1, 2)]), 3)

    def test_length_last(self):
        self.assertEqual(length([(0, 0), (0, 5), (5, 5)]), 10)

    def test_length_none(self):
        self.assertEqual(length([]), 0)

    def test_steps(self):
        self.assertEqual(steps(1, 3), [1, 2, 3])

    def test_steps_one(self):
        self.assertEqual(steps(5, 5), [5])

    def test_nearest(self):
        self.assertEqual(nearest([(0, 0), (5, 5)], 4, 4), (5, 5))

    def test_nearest_first(self):
        self.assertEqual(nearest([(1, 1), (9, 9)], 0, 0), (1, 1))

    def test_nearest_none(self):
        with self.assertRaises(LookupError):
            nearest([], 0, 0)

    def test_nearest_no_tuple(self):
        with self.assertRaises(LookupError):
            nearest((), 1, 1)

    def test_go(self):
        self.assertEqual(Path().go(1, 2), 1)

    def test_go_more(self):
        self.assertEqual(Path([(0, 0)]).go(1, 2), 2)

    def test_paths_are_apart(self):
        Path().go(1, 1)
        self.assertEqual(Path().points, [])

    def test_paths_count_apart(self):
        Path().go(1, 1)
        self.assertEqual(Path().go(2, 2), 1)

    def test_points_are_copied(self):
        points = [(0, 0)]
        Path(points).go(1, 1)
        self.assertEqual(points, [(0, 0)])

    def test_points_of_another(self):
        first = Path([(0, 0)])
        Path(first.points).go(1, 1)
        self.assertEqual(first.points, [(0, 0)])

    def test_end(self):
        self.assertEqual(Path([(0, 0), (1, 1)]).end(), (1, 1))

    def test_end_three(self):
        self.assertEqual(Path([(0, 0), (1, 1), (2, 2)]).end(), (2, 2))

    def test_end_none(self):
        self.assertEqual(Path().end(), None)

    def test_end_given_none(self):
        self.assertEqual(Path([]).end(), None)

    def test_mean(self):
        self.assertEqual(Path([(0, 0), (2, 0), (2, 4)]).mean_step(), 3)

    def test_mean_one(self):
        self.assertEqual(Path([(0, 0), (2, 0)]).mean_step(), 2)

    def test_mean_none(self):
        self.assertEqual(Path([(0, 0)]).mean_step(), 0)

    def test_mean_empty(self):
        self.assertEqual(Path().mean_step(), 0)

    def test_reversed(self):
        self.assertEqual(Path([(0, 0), (1, 1)]).reversed(), [(1, 1), (0, 0)])

    def test_reversed_keeps(self):
        path = Path([(0, 0), (1, 1)])
        path.reversed()
        self.assertEqual(path.points, [(0, 0), (1, 1)])

    def test_reversed_keeps_end(self):
        path = Path([(0, 0), (7, 7)])
        path.reversed()
        self.assertEqual(path.end(), (7, 7))

    def test_far(self):
        self.assertEqual(Path([(0, 0), (3, 0)]).far(2), True)

    def test_far_exact(self):
        self.assertEqual(Path([(0, 0), (3, 0)]).far(3), True)

    def test_far_exact_zero(self):
        self.assertEqual(Path().far(0), True)

    def test_far_not(self):
        self.assertEqual(Path([(0, 0), (3, 0)]).far(4), False)
