import unittest

from schedule import Plan, clock, free, gaps, longest, merged, minutes, overlap, rounded, shifted


class TestClock(unittest.TestCase):
    def test_minutes(self):
        self.assertEqual(minutes("9:30"), 570)

    def test_minutes_early(self):
        self.assertEqual(minutes("0:05"), 5)

    def test_minutes_last(self):
        self.assertEqual(minutes("23:59"), 1439)

    def test_minutes_none(self):
        self.assertEqual(minutes(None), 0)

    def test_minutes_none_clock(self):
        self.assertEqual(clock(minutes(None)), "00:00")

    def test_minutes_spaces(self):
        self.assertEqual(minutes(" 1:00 "), 60)

    def test_minutes_end(self):
        self.assertEqual(minutes("24:00"), 1440)

    def test_minutes_end_clock(self):
        self.assertEqual(clock(minutes("24:00")), "00:00")

    def test_minutes_words(self):
        with self.assertRaises(ValueError):
            minutes("noon")

    def test_minutes_hour_only(self):
        with self.assertRaises(ValueError):
            minutes("12")

    def test_minutes_half(self):
        with self.assertRaises(ValueError):
            minutes("12:")

    def test_minutes_hour(self):
        with self.assertRaises(ValueError):
            minutes("25:00")

    def test_minutes_minute(self):
        with self.assertRaises(ValueError):
            minutes("12:60")

    def test_minutes_minute_far(self):
        with self.assertRaises(ValueError):
            minutes("1:75")

    def test_clock(self):
        self.assertEqual(clock(570), "09:30")

    def test_clock_past(self):
        self.assertEqual(clock(1500), "01:00")

    def test_clock_midnight(self):
        self.assertEqual(clock(1440), "00:00")

    def test_rounded(self):
        self.assertEqual(rounded(61), 75)

    def test_rounded_full(self):
        self.assertEqual(rounded(60), 60)

    def test_rounded_step(self):
        self.assertEqual(rounded(7, 5), 10)

    def test_rounded_full_step(self):
        self.assertEqual(rounded(10, 5), 10)

    def test_rounded_zero(self):
        with self.assertRaises(ValueError):
            rounded(7, 0)

    def test_rounded_negative(self):
        with self.assertRaises(ValueError):
            rounded(7, -5)

    def test_rounded_one(self):
        self.assertEqual(rounded(7, 1), 7)


class TestSpans(unittest.TestCase):
    def test_overlap(self):
        self.assertEqual(overlap((0, 10), (5, 15)), True)

    def test_overlap_inside(self):
        self.assertEqual(overlap((0, 10), (2, 3)), True)

    def test_overlap_touch(self):
        self.assertEqual(overlap((0, 10), (10, 15)), False)

    def test_overlap_touch_before(self):
        self.assertEqual(overlap((10, 15), (0, 10)), False)

    def test_overlap_apart(self):
        self.assertEqual(overlap((0, 5), (10, 15)), False)

    def test_merged(self):
        self.assertEqual(merged([(5, 8), (0, 6)]), [(0, 8)])

    def test_merged_touch(self):
        self.assertEqual(merged([(0, 5), (5, 8)]), [(0, 8)])

    def test_merged_touch_three(self):
        self.assertEqual(merged([(0, 1), (1, 2), (2, 3)]), [(0, 3)])

    def test_merged_inside(self):
        self.assertEqual(merged([(0, 9), (2, 3)]), [(0, 9)])

    def test_merged_apart(self):
        self.assertEqual(merged([(6, 8), (0, 5)]), [(0, 5), (6, 8)])

    def test_gaps(self):
        self.assertEqual(gaps([(2, 4)], 0, 10), [(0, 2), (4, 10)])

    def test_gaps_none_planned(self):
        self.assertEqual(gaps([], 0, 10), [(0, 10)])

    def test_gaps_from_start(self):
        self.assertEqual(gaps([(0, 4)], 0, 10), [(4, 10)])

    def test_gaps_to_end(self):
        self.assertEqual(gaps([(4, 10)], 0, 10), [(0, 4)])

    def test_gaps_nested(self):
        self.assertEqual(gaps([(0, 8), (1, 2)], 0, 10), [(8, 10)])

    def test_free(self):
        self.assertEqual(free([(0, 5)], 5, 8), True)

    def test_free_not(self):
        self.assertEqual(free([(0, 5), (8, 9)], 4, 8), False)

    def test_free_empty(self):
        self.assertEqual(free([], 0, 1), True)

    def test_shifted(self):
        self.assertEqual(shifted([(1, 2), (4, 6)], 10), [(11, 12), (14, 16)])

    def test_shifted_back(self):
        self.assertEqual(shifted([(5, 6)], -5), [(0, 1)])

    def test_longest(self):
        self.assertEqual(longest([(0, 2), (5, 9), (1, 2)]), (5, 9))

    def test_longest_late(self):
        self.assertEqual(longest([(0, 3), (8, 9)]), (0, 3))

    def test_longest_none(self):
        self.assertEqual(longest([]), None)

    def test_longest_gap(self):
        self.assertEqual(longest(gaps([(0, 9)], 0, 9)), None)


class TestPlan(unittest.TestCase):
    def test_add(self):
        self.assertEqual(Plan().add("a", 0, 5), 1)

    def test_add_next(self):
        plan = Plan({"a": (0, 5)})
        self.assertEqual(plan.add("b", 5, 9), 2)

    def test_add_backward(self):
        with self.assertRaises(ValueError):
            Plan().add("a", 5, 2)

    def test_add_nothing(self):
        with self.assertRaises(ValueError):
            Plan().add("a", 5, 5)

    def test_add_nothing_early(self):
        with self.assertRaises(ValueError):
            Plan().add("a", 0, 0)

    def test_add_over(self):
        with self.assertRaises(ValueError):
            Plan({"a": (0, 5)}).add("b", 4, 6)

    def test_add_inside(self):
        with self.assertRaises(ValueError):
            Plan({"a": (0, 5)}).add("b", 1, 2)

    def test_items_are_copied(self):
        items = {"a": (0, 5)}
        Plan(items).add("b", 5, 6)
        self.assertEqual(items, {"a": (0, 5)})

    def test_items_of_another(self):
        first = Plan({"a": (0, 5)})
        Plan(first.items).remove("a")
        self.assertEqual(first.items, {"a": (0, 5)})

    def test_at(self):
        self.assertEqual(Plan({"a": (0, 5), "b": (5, 9)}).at(6), "b")

    def test_at_start(self):
        self.assertEqual(Plan({"a": (2, 5)}).at(2), "a")

    def test_at_first_minute(self):
        self.assertEqual(Plan({"a": (0, 5)}).at(0), "a")

    def test_at_end(self):
        self.assertEqual(Plan({"a": (2, 5)}).at(5), None)

    def test_remove(self):
        self.assertEqual(Plan({"a": (0, 5)}).remove("a"), (0, 5))

    def test_remove_nothing(self):
        with self.assertRaises(LookupError):
            Plan().remove("a")

    def test_remove_other(self):
        with self.assertRaises(LookupError):
            Plan({"a": (0, 5)}).remove("b")

    def test_load(self):
        self.assertEqual(Plan({"a": (0, 720)}).load(), 0.5)

    def test_load_two(self):
        self.assertEqual(Plan({"a": (0, 10), "b": (20, 50)}).load(100), 0.4)

    def test_names(self):
        self.assertEqual(Plan({"b": (5, 6), "a": (1, 2)}).names(), ["a", "b"])

    def test_names_early(self):
        self.assertEqual(Plan({"a": (5, 6), "b": (1, 2)}).names(), ["b", "a"])

    def test_names_word(self):
        self.assertEqual(Plan({"Lunch": (5, 6), "walk": (1, 2)}).names("lun"), ["Lunch"])

    def test_names_shouted(self):
        self.assertEqual(Plan({"walk": (1, 2)}).names("WALK"), ["walk"])

    def test_full(self):
        self.assertEqual(Plan({"a": (0, 144)}).full(0.3 - 0.2), True)

    def test_full_thirds(self):
        self.assertEqual(Plan({"a": (0, 144), "b": (144, 432)}).full(0.1 + 0.2), True)

    def test_full_not(self):
        self.assertEqual(Plan({"a": (0, 144)}).full(), False)

    def test_busy(self):
        self.assertEqual(Plan({"a": (0, 5)}).busy([(7, 8)]), [(7, 8), (0, 5)])

    def test_busy_keeps(self):
        also = [(7, 8)]
        Plan({"a": (0, 5)}).busy(also)
        self.assertEqual(also, [(7, 8)])

    def test_busy_keeps_empty(self):
        also = []
        Plan({"a": (0, 5)}).busy(also)
        self.assertEqual(also, [])

    def test_busy_again(self):
        plan = Plan({"a": (0, 5)})
        plan.busy()
        self.assertEqual(plan.busy(), [(0, 5)])

    def test_busy_of_another(self):
        Plan({"a": (0, 5)}).busy()
        self.assertEqual(Plan({"b": (1, 2)}).busy(), [(1, 2)])

    def test_export(self):
        self.assertEqual(Plan({"a": (0, 5)}).export(), b"a 0-5")

    def test_export_umlaut(self):
        self.assertEqual(Plan({"ü": (0, 5)}).export(), b"\xc3\xbc 0-5")

    def test_export_accent(self):
        self.assertEqual(Plan({"é": (1, 2)}).export(), b"\xc3\xa9 1-2")
