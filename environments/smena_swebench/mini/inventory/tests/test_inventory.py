import unittest

from inventory import (
    Stock,
    average,
    batches,
    discount,
    equal_price,
    label,
    order,
    parse_line,
    price_of,
    ready,
    reorder,
    value,
)


class TestStock(unittest.TestCase):
    def test_put(self):
        self.assertEqual(Stock().put("nut", 3), 3)

    def test_put_more(self):
        self.assertEqual(Stock({"nut": 2}).put("nut", 3), 5)

    def test_put_one(self):
        self.assertEqual(Stock().put("nut", 1), 1)

    def test_put_default(self):
        self.assertEqual(Stock({"nut": 1}).put("nut"), 2)

    def test_put_case(self):
        self.assertEqual(Stock({"nut": 2}).put("Nut"), 3)

    def test_put_shouted(self):
        self.assertEqual(Stock({"nut": 2}).put("NUT", 5), 7)

    def test_put_spaces(self):
        self.assertEqual(Stock({"nut": 2}).put(" nut "), 3)

    def test_put_space_behind(self):
        self.assertEqual(Stock({"nut": 4}).put("nut "), 5)

    def test_put_zero(self):
        with self.assertRaises(ValueError):
            Stock().put("nut", 0)

    def test_put_negative(self):
        with self.assertRaises(ValueError):
            Stock().put("nut", -1)

    def test_stocks_are_apart(self):
        Stock().put("nut")
        self.assertEqual(Stock().counts, {})

    def test_stocks_count_apart(self):
        Stock().put("nut")
        self.assertEqual(Stock().put("nut"), 1)

    def test_counts_are_copied(self):
        counts = {"nut": 1}
        Stock(counts).put("nut")
        self.assertEqual(counts, {"nut": 1})

    def test_counts_of_another(self):
        first = Stock({"nut": 1})
        Stock(first.counts).take("nut")
        self.assertEqual(first.counts, {"nut": 1})

    def test_take(self):
        self.assertEqual(Stock({"nut": 5}).take("nut", 2), 3)

    def test_take_all(self):
        self.assertEqual(Stock({"nut": 5}).take("nut", 5), 0)

    def test_take_last(self):
        self.assertEqual(Stock({"nut": 1}).take("nut"), 0)

    def test_take_too_many(self):
        with self.assertRaises(ValueError):
            Stock({"nut": 5}).take("nut", 6)

    def test_take_unknown(self):
        with self.assertRaises(KeyError):
            Stock().take("nut")

    def test_take_other(self):
        with self.assertRaises(KeyError):
            Stock({"nut": 1}).take("bolt")

    def test_has(self):
        self.assertEqual(Stock({"nut": 2}).has("nut", 3), False)

    def test_has_exact(self):
        self.assertEqual(Stock({"nut": 2}).has("nut", 2), True)

    def test_has_one(self):
        self.assertEqual(Stock({"nut": 1}).has("nut"), True)

    def test_has_none(self):
        self.assertEqual(Stock().has("nut"), False)

    def test_low(self):
        self.assertEqual(Stock({"nut": 1, "bolt": 9, "cog": 0}).low(5), ["cog", "nut"])

    def test_low_exact(self):
        self.assertEqual(Stock({"nut": 5}).low(5), [])

    def test_low_exact_two(self):
        self.assertEqual(Stock({"nut": 3, "bolt": 2}).low(3), ["bolt"])

    def test_most(self):
        self.assertEqual(Stock({"nut": 1, "bolt": 9}).most(), "bolt")

    def test_most_first(self):
        self.assertEqual(Stock({"nut": 7, "bolt": 2}).most(), "nut")

    def test_most_none(self):
        self.assertEqual(Stock().most(), None)

    def test_most_of_empty(self):
        self.assertEqual(Stock({}).most(), None)

    def test_snapshot(self):
        self.assertEqual(Stock({"nut": 1}).snapshot(), {"nut": 1})

    def test_snapshot_stays(self):
        stock = Stock({"nut": 1})
        before = stock.snapshot()
        stock.put("nut")
        self.assertEqual(before, {"nut": 1})

    def test_snapshot_is_apart(self):
        stock = Stock({"nut": 1})
        stock.snapshot()["nut"] = 9
        self.assertEqual(stock.counts, {"nut": 1})

    def test_history(self):
        self.assertEqual(Stock({"nut": 1, "bolt": 2}).history([5]), [5, 3])

    def test_history_again(self):
        stock = Stock({"nut": 1})
        stock.history()
        self.assertEqual(stock.history(), [1])

    def test_history_of_another(self):
        Stock({"nut": 1}).history()
        self.assertEqual(Stock({"bolt": 2}).history(), [2])

    def test_history_keeps(self):
        log = [5]
        Stock().history(log)
        self.assertEqual(log, [5])

    def test_history_keeps_empty(self):
        log = []
        Stock({"nut": 2}).history(log)
        self.assertEqual(log, [])


class TestPrices(unittest.TestCase):
    def test_price(self):
        self.assertEqual(price_of({"nut": 2}, "nut"), 2)

    def test_price_default(self):
        self.assertEqual(price_of({}, "nut", 4), 4)

    def test_price_none(self):
        with self.assertRaises(KeyError):
            price_of({}, "nut")

    def test_price_unknown(self):
        with self.assertRaises(KeyError):
            price_of({"nut": 2}, "bolt")

    def test_value(self):
        self.assertEqual(value({"nut": 2, "bolt": 1}, {"nut": 3, "bolt": 5}), 11)

    def test_value_many(self):
        self.assertEqual(value({"nut": 4}, {"nut": 5}), 20)

    def test_value_unpriced(self):
        self.assertEqual(value({"nut": 2, "bolt": 1}, {"nut": 3}), 6)

    def test_value_none_priced(self):
        self.assertEqual(value({"nut": 2}, {"nut": None}), 0)

    def test_average(self):
        self.assertEqual(average([1, 2, 3]), 2)

    def test_average_half(self):
        self.assertEqual(average([1, 2]), 1.5)

    def test_average_none(self):
        self.assertEqual(average([]), 0)

    def test_average_of_no_tuple(self):
        self.assertEqual(average(()), 0)

    def test_discount(self):
        self.assertEqual(discount(200, 10), 180)

    def test_discount_half(self):
        self.assertEqual(discount(50, 50), 25)

    def test_discount_floor(self):
        self.assertEqual(discount(100, 90, 20), 20)

    def test_equal(self):
        self.assertEqual(equal_price(0.1 + 0.2, 0.3), True)

    def test_equal_sum(self):
        self.assertEqual(equal_price(1.1 + 2.2, 3.3), True)

    def test_equal_not(self):
        self.assertEqual(equal_price(1.1, 1.2), False)


class TestOrders(unittest.TestCase):
    def test_parse(self):
        self.assertEqual(parse_line("bolts x 12"), ("bolts", 12))

    def test_parse_one(self):
        self.assertEqual(parse_line("bolts"), ("bolts", 1))

    def test_parse_case(self):
        self.assertEqual(parse_line("Bolts x 2"), ("bolts", 2))

    def test_parse_case_one(self):
        self.assertEqual(parse_line("NUTS"), ("nuts", 1))

    def test_parse_spaces(self):
        self.assertEqual(parse_line("big bolts  x 2"), ("big bolts", 2))

    def test_parse_none(self):
        self.assertEqual(parse_line(None), ("", 0))

    def test_parse_nothing_named(self):
        self.assertEqual(parse_line(None)[0], "")

    def test_parse_blank(self):
        self.assertEqual(parse_line("  "), ("", 0))

    def test_parse_words(self):
        with self.assertRaises(ValueError):
            parse_line("bolts x many")

    def test_parse_half(self):
        with self.assertRaises(ValueError):
            parse_line("bolts x 1.5")

    def test_reorder(self):
        self.assertEqual(reorder({"nut": 2}, {"nut": 5}), {"nut": 3})

    def test_reorder_enough(self):
        self.assertEqual(reorder({"nut": 5}, {"nut": 5}), {})

    def test_reorder_enough_of_one(self):
        self.assertEqual(reorder({"nut": 5, "cog": 1}, {"nut": 5, "cog": 2}), {"cog": 1})

    def test_reorder_unknown(self):
        self.assertEqual(reorder({}, {"nut": 1}), {"nut": 1})

    def test_batches(self):
        self.assertEqual(batches(7, 3), [3, 3, 1])

    def test_batches_full(self):
        self.assertEqual(batches(6, 3), [3, 3])

    def test_batches_few(self):
        self.assertEqual(batches(2, 3), [2])

    def test_batches_zero(self):
        with self.assertRaises(ValueError):
            batches(6, 0)

    def test_batches_negative(self):
        with self.assertRaises(ValueError):
            batches(6, -2)

    def test_batches_of_one(self):
        self.assertEqual(batches(2, 1), [1, 1])

    def test_order(self):
        self.assertEqual(order(["b", "a"]), ["a", "b"])

    def test_order_first(self):
        self.assertEqual(order(["b", "a", "c"], ["c"]), ["c", "a", "b"])

    def test_order_again(self):
        order(["x"])
        self.assertEqual(order(["b"]), ["b"])

    def test_order_twice(self):
        order(["a"])
        self.assertEqual(order(["a", "b"]), ["a", "b"])

    def test_order_keeps(self):
        first = ["c"]
        order(["a"], first)
        self.assertEqual(first, ["c"])

    def test_order_keeps_empty(self):
        first = []
        order(["a"], first)
        self.assertEqual(first, [])

    def test_ready(self):
        self.assertEqual(ready({"nut": 2}, {"nut": 1}), True)

    def test_ready_exact(self):
        self.assertEqual(ready({"nut": 2}, {"nut": 2}), True)

    def test_ready_half(self):
        self.assertEqual(ready({"nut": 2}, {"nut": 1, "bolt": 1}), False)

    def test_ready_other_half(self):
        self.assertEqual(ready({"bolt": 5, "nut": 1}, {"nut": 2, "bolt": 1}), False)

    def test_label(self):
        self.assertEqual(label("nut", 5), "nut..")

    def test_label_cut(self):
        self.assertEqual(label("wingnuts", 4), "wing")

    def test_label_cut_one(self):
        self.assertEqual(label("nut", 2), "nu")
