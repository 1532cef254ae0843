import unittest

from stats import (
    agree,
    bins,
    cumulative,
    mean,
    median,
    mode,
    normal,
    outliers,
    rank,
    read,
    share,
    spread,
    table,
    trimmed,
)


class TestCentre(unittest.TestCase):
    def test_mean(self):
        self.assertEqual(mean([1, 2, 6]), 3)

    def test_mean_two(self):
        self.assertEqual(mean([4, 8]), 6)

    def test_mean_none(self):
        self.assertEqual(mean([]), 0)

    def test_mean_no_tuple(self):
        self.assertEqual(mean(()), 0)

    def test_median(self):
        self.assertEqual(median([3, 1, 2]), 2)

    def test_median_even(self):
        self.assertEqual(median([4, 1, 3, 2]), 2.5)

    def test_median_two(self):
        self.assertEqual(median([1, 5]), 3)

    def test_median_one(self):
        self.assertEqual(median([7]), 7)

    def test_median_none(self):
        with self.assertRaises(ValueError):
            median([])

    def test_median_no_tuple(self):
        with self.assertRaises(ValueError):
            median(())

    def test_mode(self):
        self.assertEqual(mode([1, 2, 2, 3]), 2)

    def test_mode_first(self):
        self.assertEqual(mode([3, 1, 1, 3]), 3)

    def test_mode_all_equal(self):
        self.assertEqual(mode([5, 6]), 5)

    def test_mode_none(self):
        self.assertEqual(mode([]), None)

    def test_mode_missing(self):
        self.assertEqual(mode(None), None)

    def test_mode_missing_type(self):
        self.assertEqual(type(mode(None)).__name__, "NoneType")

    def test_spread(self):
        self.assertEqual(spread([3, 9, 5]), 6)

    def test_spread_negative(self):
        self.assertEqual(spread([-2, 2]), 4)

    def test_spread_none(self):
        self.assertEqual(spread([]), 0)

    def test_spread_no_tuple(self):
        self.assertEqual(spread(()), 0)

    def test_trimmed(self):
        self.assertEqual(trimmed([100, 2, 3, 4, -100], 1), 3)

    def test_trimmed_more(self):
        self.assertEqual(trimmed([1, 2, 3, 4, 50, 60], 2), 3.5)

    def test_trimmed_none(self):
        self.assertEqual(trimmed([1, 3], 0), 2)

    def test_trimmed_all(self):
        with self.assertRaises(ValueError):
            trimmed([1, 2], 1)

    def test_trimmed_all_four(self):
        with self.assertRaises(ValueError):
            trimmed([1, 2, 3, 4], 2)

    def test_trimmed_too_many(self):
        with self.assertRaises(ValueError):
            trimmed([1, 2], 3)

    def test_trimmed_keeps(self):
        values = [3, 1, 2]
        trimmed(values, 1)
        self.assertEqual(values, [3, 1, 2])

    def test_trimmed_keeps_order(self):
        values = [9, 8]
        trimmed(values, 0)
        self.assertEqual(values, [9, 8])


class TestShape(unittest.TestCase):
    def test_bins(self):
        self.assertEqual(bins([1, 2, 6, 9], 0, 10, 2), [2, 2])

    def test_bins_high(self):
        self.assertEqual(bins([10], 0, 10, 2), [0, 1])

    def test_bins_high_one(self):
        self.assertEqual(bins([1, 4], 0, 4, 1), [2])

    def test_bins_low(self):
        self.assertEqual(bins([0], 0, 10, 2), [1, 0])

    def test_bins_low_shifted(self):
        self.assertEqual(bins([5, 6], 5, 9, 4), [1, 1, 0, 0])

    def test_bins_outside(self):
        self.assertEqual(bins([-1, 11], 0, 10, 2), [0, 0])

    def test_bins_zero(self):
        with self.assertRaises(ValueError):
            bins([1], 0, 1, 0)

    def test_bins_negative(self):
        with self.assertRaises(ValueError):
            bins([1], 0, 1, -1)

    def test_cumulative(self):
        self.assertEqual(cumulative([1, 2, 3]), [1, 3, 6])

    def test_cumulative_start(self):
        self.assertEqual(cumulative([1], 10), [11])

    def test_rank(self):
        self.assertEqual(rank([5, 1, 9], 5), 2)

    def test_rank_lowest(self):
        self.assertEqual(rank([5, 1, 9], 1), 1)

    def test_rank_equal(self):
        self.assertEqual(rank([5, 5, 9], 5), 1)

    def test_share(self):
        self.assertEqual(share([1, 5, 9, 3], 4), 0.5)

    def test_share_exact(self):
        self.assertEqual(share([1, 5], 5), 0.5)

    def test_share_exact_all(self):
        self.assertEqual(share([2, 2], 2), 1)

    def test_share_none(self):
        self.assertEqual(share([], 4), 0)

    def test_share_no_tuple(self):
        self.assertEqual(share((), 0), 0)

    def test_outliers(self):
        self.assertEqual(outliers([1, 1, 1, 1, 1, 1, 1, 20]), [20])

    def test_outliers_below(self):
        self.assertEqual(outliers([1, 1, 1, 1, 1, 1, 1, -20]), [-20])

    def test_outliers_none(self):
        self.assertEqual(outliers([1, 2, 3]), [])

    def test_normal(self):
        self.assertEqual(normal([1, 2, 3]), [0, 0.5, 1])

    def test_normal_shifted(self):
        self.assertEqual(normal([10, 20]), [0, 1])

    def test_normal_equal(self):
        self.assertEqual(normal([4, 4]), [0, 0])

    def test_normal_none(self):
        self.assertEqual(normal([]), [])

    def test_normal_no_tuple(self):
        self.assertEqual(normal(()), [])

    def test_agree(self):
        self.assertEqual(agree([0.1 + 0.2], [0.3]), True)

    def test_agree_second(self):
        self.assertEqual(agree([1, 1.1 * 3], [1, 3.3]), True)

    def test_agree_one(self):
        self.assertEqual(agree([1, 2], [1, 3]), False)

    def test_agree_length(self):
        self.assertEqual(agree([1], [1, 3]), False)

    def test_table(self):
        self.assertEqual(table(["a", "b", "a"]), {"a": 2, "b": 1})

    def test_table_case(self):
        self.assertEqual(table(["A", "a"]), {"a": 2})

    def test_table_shouted(self):
        self.assertEqual(table(["YES"]), {"yes": 1})

    def test_table_spaces(self):
        self.assertEqual(table([" a", "a "]), {"a": 2})

    def test_table_space(self):
        self.assertEqual(table(["b "]), {"b": 1})

    def test_table_again(self):
        table(["a"])
        self.assertEqual(table(["a"]), {"a": 1})

    def test_table_twice(self):
        table(["x"])
        self.assertEqual(table(["y"]), {"y": 1})

    def test_table_more(self):
        self.assertEqual(table(["a"], {"a": 3}), {"a": 4})

    def test_table_keeps(self):
        counts = {"a": 1}
        table(["a"], counts)
        self.assertEqual(counts, {"a": 1})

    def test_table_keeps_empty(self):
        counts = {}
        table(["a"], counts)
        self.assertEqual(counts, {})

    def test_read(self):
        self.assertEqual(read(b"1\n2.5\n"), [1, 2.5])

    def test_read_comment(self):
        self.assertEqual(read(b"1 # one\n# two\n"), [1])

    def test_read_comment_last(self):
        self.assertEqual(read(b"4 # four # or so"), [4])

    def test_read_accent(self):
        self.assertEqual(read("1 # né\n".encode()), [1])

    def test_read_euro(self):
        self.assertEqual(read("5 # €".encode()), [5])

    def test_read_words(self):
        with self.assertRaises(ValueError):
            read(b"one")
