import unittest

from queues import Cache, Line, Ranked, batches, chunk, drain, merge_settings, name_key, rotate, window


class TestLine(unittest.TestCase):
    def test_room(self):
        with self.assertRaises(ValueError):
            Line(0)

    def test_room_negative(self):
        with self.assertRaises(ValueError):
            Line(-1)

    def test_room_one(self):
        self.assertEqual(Line(1).push("a"), 1)

    def test_room_one_share(self):
        self.assertEqual(Line(1).share(), 0)

    def test_push(self):
        self.assertEqual(Line(3, ["a"]).push("b"), 2)

    def test_push_last(self):
        self.assertEqual(Line(2, ["a"]).push("b"), 2)

    def test_push_full(self):
        with self.assertRaises(OverflowError):
            Line(1, ["a"]).push("b")

    def test_push_full_two(self):
        with self.assertRaises(OverflowError):
            Line(2, ["a", "b"]).push("c")

    def test_lines_are_apart(self):
        Line(2).push("a")
        self.assertEqual(Line(2).items, [])

    def test_lines_count_apart(self):
        Line(5).push("a")
        self.assertEqual(Line(5).push("b"), 1)

    def test_items_are_copied(self):
        items = ["a"]
        Line(2, items).push("b")
        self.assertEqual(items, ["a"])

    def test_items_of_another(self):
        first = Line(2, ["a"])
        Line(2, first.items).pop()
        self.assertEqual(first.items, ["a"])

    def test_pop(self):
        self.assertEqual(Line(2, ["a", "b"]).pop(), "a")

    def test_pop_then(self):
        line = Line(3, ["a", "b", "c"])
        line.pop()
        self.assertEqual(line.pop(), "b")

    def test_pop_none(self):
        with self.assertRaises(LookupError):
            Line(2).pop()

    def test_pop_of_given_none(self):
        with self.assertRaises(LookupError):
            Line(2, []).pop()

    def test_peek(self):
        self.assertEqual(Line(2, ["a", "b"]).peek(), "a")

    def test_peek_three(self):
        self.assertEqual(Line(3, ["x", "y", "z"]).peek(), "x")

    def test_peek_none(self):
        self.assertEqual(Line(2).peek(), None)

    def test_peek_given_none(self):
        self.assertEqual(Line(3, []).peek(), None)

    def test_full(self):
        self.assertEqual(Line(1, ["a"]).full(), True)

    def test_full_not(self):
        self.assertEqual(Line(2, ["a"]).full(), False)

    def test_share(self):
        self.assertEqual(Line(4, ["a"]).share(), 0.25)

    def test_share_half(self):
        self.assertEqual(Line(4, ["a", "b"]).share(), 0.5)

    def test_waiting(self):
        self.assertEqual(Line(2, ["a"]).waiting(), ["a"])

    def test_waiting_is_apart(self):
        line = Line(2, ["a"])
        line.waiting().append("b")
        self.assertEqual(line.items, ["a"])

    def test_waiting_stays(self):
        line = Line(2, ["a"])
        before = line.waiting()
        line.pop()
        self.assertEqual(before, ["a"])


class TestRanked(unittest.TestCase):
    def test_push(self):
        self.assertEqual(Ranked().push(1, "a"), 0)

    def test_push_lower(self):
        ranked = Ranked()
        ranked.push(5, "a")
        self.assertEqual(ranked.push(1, "b"), 1)

    def test_push_equal(self):
        ranked = Ranked()
        ranked.push(5, "a")
        self.assertEqual(ranked.push(5, "b"), 1)

    def test_push_equal_best(self):
        ranked = Ranked()
        ranked.push(2, "a")
        ranked.push(2, "b")
        self.assertEqual(ranked.best(), "a")

    def test_push_higher(self):
        ranked = Ranked()
        ranked.push(1, "a")
        ranked.push(5, "b")
        self.assertEqual(ranked.best(), "b")

    def test_best_none(self):
        self.assertEqual(Ranked().best(), None)

    def test_best_is_none(self):
        self.assertEqual(Ranked().best() is None, True)

    def test_above(self):
        ranked = Ranked()
        ranked.push(1, "a")
        ranked.push(5, "b")
        self.assertEqual(ranked.above(3), ["b"])

    def test_above_exact(self):
        ranked = Ranked()
        ranked.push(3, "a")
        self.assertEqual(ranked.above(3), ["a"])

    def test_above_exact_two(self):
        ranked = Ranked()
        ranked.push(3, "a")
        ranked.push(4, "b")
        self.assertEqual(ranked.above(3), ["b", "a"])


class TestFunctions(unittest.TestCase):
    def test_chunk(self):
        self.assertEqual(chunk([1, 2, 3], 2), [[1, 2], [3]])

    def test_chunk_full(self):
        self.assertEqual(chunk([1, 2, 3, 4], 2), [[1, 2], [3, 4]])

    def test_chunk_zero(self):
        with self.assertRaises(ValueError):
            chunk([1], 0)

    def test_chunk_negative(self):
        with self.assertRaises(ValueError):
            chunk([1], -2)

    def test_batches(self):
        self.assertEqual(batches(7, 3), 3)

    def test_batches_full(self):
        self.assertEqual(batches(6, 3), 2)

    def test_batches_one(self):
        self.assertEqual(batches(3, 3), 1)

    def test_window(self):
        self.assertEqual(window([1, 2, 3], 2), [[1, 2], [2, 3]])

    def test_window_all(self):
        self.assertEqual(window([1, 2, 3], 3), [[1, 2, 3]])

    def test_window_one(self):
        self.assertEqual(window([1, 2], 1), [[1], [2]])

    def test_rotate(self):
        self.assertEqual(rotate([1, 2, 3], 1), [2, 3, 1])

    def test_rotate_far(self):
        self.assertEqual(rotate([1, 2, 3], 5), [3, 1, 2])

    def test_rotate_none(self):
        self.assertEqual(rotate([], 1), [])

    def test_rotate_none_far(self):
        self.assertEqual(rotate([], 5), [])

    def test_drain(self):
        self.assertEqual(drain([Line(2, ["a"]), Line(2, ["b", "c"])]), ["a", "b", "c"])

    def test_drain_one(self):
        self.assertEqual(drain([Line(2, ["a", "b"])]), ["a", "b"])

    def test_drain_into(self):
        self.assertEqual(drain([Line(1, ["b"])], ["a"]), ["a", "b"])

    def test_drain_again(self):
        drain([Line(1, ["a"])])
        self.assertEqual(drain([Line(1, ["b"])]), ["b"])

    def test_drain_nothing(self):
        drain([Line(1, ["x"])])
        self.assertEqual(drain([]), [])

    def test_drain_keeps(self):
        into = ["a"]
        drain([Line(1, ["b"])], into)
        self.assertEqual(into, ["a"])

    def test_drain_keeps_empty(self):
        into = []
        drain([Line(1, ["b"])], into)
        self.assertEqual(into, [])


class TestCache(unittest.TestCase):
    def test_put(self):
        self.assertEqual(Cache(2).put("a", 1), 1)

    def test_put_full(self):
        cache = Cache(2, {"a": 1, "b": 2})
        cache.put("c", 3)
        self.assertEqual(cache.entries, {"b": 2, "c": 3})

    def test_put_exact(self):
        cache = Cache(2, {"a": 1})
        self.assertEqual(cache.put("b", 2), 2)

    def test_put_exact_keeps(self):
        cache = Cache(2, {"a": 1})
        cache.put("b", 2)
        self.assertEqual(cache.entries, {"a": 1, "b": 2})

    def test_put_case(self):
        cache = Cache(2)
        cache.put("A", 1)
        self.assertEqual(cache.entries, {"a": 1})

    def test_put_shouted(self):
        self.assertEqual(Cache(3, {"key": 1}).put("KEY", 2), 1)

    def test_caches_are_apart(self):
        Cache(2).put("a", 1)
        self.assertEqual(Cache(2).entries, {})

    def test_caches_count_apart(self):
        Cache(5).put("a", 1)
        self.assertEqual(Cache(5).put("b", 1), 1)

    def test_start_is_copied(self):
        start = {"a": 1}
        Cache(2, start).put("b", 2)
        self.assertEqual(start, {"a": 1})

    def test_start_of_another(self):
        first = Cache(2, {"a": 1})
        Cache(2, first.entries).put("a", 5)
        self.assertEqual(first.entries, {"a": 1})

    def test_get(self):
        self.assertEqual(Cache(2, {"a": 1}).get("a"), 1)

    def test_get_case(self):
        self.assertEqual(Cache(2, {"a": 1}).get("A"), 1)

    def test_get_shouted(self):
        self.assertEqual(Cache(2, {"key": 7}).get("KEY", 0), 7)

    def test_get_default(self):
        self.assertEqual(Cache(2).get("a", 5), 5)

    def test_get_is_used(self):
        cache = Cache(2, {"a": 1, "b": 2})
        cache.get("a")
        cache.put("c", 3)
        self.assertEqual(cache.entries, {"a": 1, "c": 3})

    def test_need(self):
        self.assertEqual(Cache(2, {"a": 1}).need("a"), 1)

    def test_need_none(self):
        with self.assertRaises(KeyError):
            Cache(2).need("a")

    def test_need_other(self):
        with self.assertRaises(KeyError):
            Cache(2, {"a": 1}).need("b")

    def test_hit_rate(self):
        self.assertEqual(Cache(1).hit_rate(1, 3), 0.25)

    def test_hit_rate_half(self):
        self.assertEqual(Cache(1).hit_rate(2, 2), 0.5)

    def test_hit_rate_none(self):
        self.assertEqual(Cache(1).hit_rate(0, 0), 0)

    def test_steady(self):
        self.assertEqual(Cache(1).steady([0.1] * 10), True)

    def test_steady_three(self):
        self.assertEqual(Cache(1).steady([0.7, 0.2, 0.1]), True)

    def test_steady_not(self):
        self.assertEqual(Cache(1).steady([0.5]), False)

    def test_weight(self):
        self.assertEqual(Cache(2, {"a": "xyz"}).weight(), 3)

    def test_weight_accent(self):
        self.assertEqual(Cache(2, {"a": "é"}).weight(), 2)

    def test_weight_euro(self):
        self.assertEqual(Cache(2, {"a": "€", "b": "x"}).weight(), 4)

    def test_weight_missing(self):
        self.assertEqual(Cache(2, {"a": None, "b": "x"}).weight(), 1)

    def test_weight_all_missing(self):
        self.assertEqual(Cache(2, {"a": None}).weight(), 0)

    def test_merge(self):
        self.assertEqual(merge_settings({"a": 1}, {"b": 2}), {"a": 1, "b": 2})

    def test_merge_over(self):
        self.assertEqual(merge_settings({"a": 1}, {"a": 2}), {"a": 2})

    def test_merge_none(self):
        self.assertEqual(merge_settings({"a": 1}, None), {"a": 1})

    def test_merge_both_none(self):
        self.assertEqual(merge_settings(None, None), {})

    def test_merge_keeps(self):
        base = {"a": 1}
        merge_settings(base, {"a": 2})
        self.assertEqual(base, {"a": 1})

    def test_merge_keeps_keys(self):
        base = {"a": 1}
        merge_settings(base, {"b": 2})
        self.assertEqual(base, {"a": 1})

    def test_key(self):
        self.assertEqual(name_key(b"Ada"), "ada")

    def test_key_shouted(self):
        self.assertEqual(name_key(b"ADA"), "ada")

    def test_key_spaces(self):
        self.assertEqual(name_key(b" ada "), "ada")

    def test_key_space_behind(self):
        self.assertEqual(name_key(b"ada\n"), "ada")

    def test_key_accent(self):
        self.assertEqual(name_key("zoé".encode()), "zoé")

    def test_key_greek(self):
        self.assertEqual(name_key("άλφα".encode()), "άλφα")
