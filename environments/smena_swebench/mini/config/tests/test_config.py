import unittest

from config import Settings, changed, dump, flag, layered, limit, load, pair, section, size_of, stack


class TestLines(unittest.TestCase):
    def test_pair(self):
        self.assertEqual(pair("a = 1"), ("a", "1"))

    def test_pair_case(self):
        self.assertEqual(pair("Name=Bob"), ("name", "Bob"))

    def test_pair_shouted(self):
        self.assertEqual(pair("PORT=80"), ("port", "80"))

    def test_pair_spaces(self):
        self.assertEqual(pair(" a =  x y "), ("a", "x y"))

    def test_pair_space_value(self):
        self.assertEqual(pair("b= 2"), ("b", "2"))

    def test_pair_none(self):
        self.assertEqual(pair(None), None)

    def test_pair_missing(self):
        self.assertEqual(pair(None) is None, True)

    def test_pair_empty(self):
        self.assertEqual(pair("  "), None)

    def test_pair_no_equals(self):
        with self.assertRaises(ValueError):
            pair("abc")

    def test_pair_no_name(self):
        with self.assertRaises(ValueError):
            pair("= 1")

    def test_section(self):
        self.assertEqual(section("[one]"), "one")

    def test_section_case(self):
        self.assertEqual(section("[One]"), "one")

    def test_section_shouted(self):
        self.assertEqual(section("[MAIN]"), "main")

    def test_section_open(self):
        self.assertEqual(section("[one"), None)

    def test_section_closed(self):
        self.assertEqual(section("one]"), None)

    def test_section_none(self):
        self.assertEqual(section("a = 1"), None)

    def test_load(self):
        self.assertEqual(load(b"a=1\n[s]\nb=2"), {"": {"a": "1"}, "s": {"b": "2"}})

    def test_load_comment(self):
        self.assertEqual(load(b"a=1 # one\n# two"), {"": {"a": "1"}})

    def test_load_accent(self):
        self.assertEqual(load("a=é".encode()), {"": {"a": "é"}})

    def test_load_greek(self):
        self.assertEqual(load("[α]".encode()), {"": {}, "α": {}})

    def test_load_twice(self):
        self.assertEqual(load(b"[s]\na=1\n[s]\nb=2"), {"": {}, "s": {"a": "1", "b": "2"}})

    def test_dump(self):
        self.assertEqual(dump({"b": "2", "a": "1"}), b"a=1\nb=2")

    def test_dump_none(self):
        self.assertEqual(dump({"a": None}), b"a=")

    def test_dump_some_none(self):
        self.assertEqual(dump({"a": None, "b": "1"}), b"a=\nb=1")

    def test_dump_accent(self):
        self.assertEqual(dump({"a": "é"}), b"a=\xc3\xa9")

    def test_dump_euro(self):
        self.assertEqual(dump({"a": "€"}), b"a=\xe2\x82\xac")

    def test_size(self):
        self.assertEqual(size_of("10"), 10)

    def test_size_kilo(self):
        self.assertEqual(size_of("2k"), 2048)

    def test_size_case(self):
        self.assertEqual(size_of("2K"), 2048)

    def test_size_case_mega(self):
        self.assertEqual(size_of("1M"), 1048576)

    def test_size_long(self):
        self.assertEqual(size_of("15k"), 15360)

    def test_size_none(self):
        with self.assertRaises(ValueError):
            size_of(" ")

    def test_size_empty(self):
        with self.assertRaises(ValueError):
            size_of("")


class TestLayers(unittest.TestCase):
    def test_layered(self):
        self.assertEqual(layered([{"a": 1}, {"a": 2}]), {"a": 2})

    def test_layered_base(self):
        self.assertEqual(layered([{"a": 1}], {"b": 2}), {"a": 1, "b": 2})

    def test_layered_none(self):
        self.assertEqual(layered([{"a": 1}, None]), {"a": 1})

    def test_layered_all_none(self):
        self.assertEqual(layered([None]), {})

    def test_layered_again(self):
        layered([{"a": 1}])
        self.assertEqual(layered([{"b": 1}]), {"b": 1})

    def test_layered_nothing(self):
        layered([{"x": 1}])
        self.assertEqual(layered([]), {})

    def test_layered_keeps(self):
        base = {"a": 1}
        layered([{"b": 1}], base)
        self.assertEqual(base, {"a": 1})

    def test_layered_keeps_empty(self):
        base = {}
        layered([{"b": 1}], base)
        self.assertEqual(base, {})

    def test_stack(self):
        self.assertEqual(stack(["a", "b", "a"]), ["a", "b"])

    def test_stack_onto(self):
        self.assertEqual(stack(["a"], ["b"]), ["b", "a"])

    def test_stack_again(self):
        stack(["a"])
        self.assertEqual(stack(["b"]), ["b"])

    def test_stack_nothing(self):
        stack(["a"])
        self.assertEqual(stack([]), [])

    def test_stack_keeps(self):
        onto = ["a"]
        stack(["b"], onto)
        self.assertEqual(onto, ["a"])

    def test_stack_keeps_empty(self):
        onto = []
        stack(["b"], onto)
        self.assertEqual(onto, [])

    def test_flag(self):
        self.assertEqual(flag("yes"), True)

    def test_flag_case(self):
        self.assertEqual(flag("On"), True)

    def test_flag_shouted(self):
        self.assertEqual(flag("FALSE"), False)

    def test_flag_spaces(self):
        self.assertEqual(flag(" no "), False)

    def test_flag_space(self):
        self.assertEqual(flag("on "), True)

    def test_flag_none(self):
        self.assertEqual(flag(None), False)

    def test_flag_missing(self):
        self.assertEqual([flag(None), flag("on")], [False, True])

    def test_flag_other(self):
        with self.assertRaises(ValueError):
            flag("maybe")

    def test_flag_number(self):
        with self.assertRaises(ValueError):
            flag("2")

    def test_limit(self):
        self.assertEqual(limit(5, 0, 10), 5)

    def test_limit_low(self):
        self.assertEqual(limit(0, 0, 10), 0)

    def test_limit_low_one(self):
        self.assertEqual(limit(1, 1, 2), 1)

    def test_limit_high(self):
        self.assertEqual(limit(10, 0, 10), 10)

    def test_limit_high_one(self):
        self.assertEqual(limit(2, 0, 2), 2)

    def test_limit_below(self):
        with self.assertRaises(IndexError):
            limit(-1, 0, 10)

    def test_limit_above(self):
        with self.assertRaises(IndexError):
            limit(11, 0, 10)

    def test_changed(self):
        self.assertEqual(changed({"a": 1, "b": 2}, {"a": 1, "b": 3}), ["b"])

    def test_changed_new(self):
        self.assertEqual(changed({}, {"a": 1}), ["a"])

    def test_changed_none(self):
        self.assertEqual(changed({"a": 1}, {"a": 1}), [])


class TestSettings(unittest.TestCase):
    def test_set(self):
        self.assertEqual(Settings().set("a", 1), 1)

    def test_set_second(self):
        self.assertEqual(Settings({"b": 1}).set("a", 1), 2)

    def test_set_case(self):
        settings = Settings()
        settings.set("Name", 1)
        self.assertEqual(settings.values, {"name": 1})

    def test_set_shouted(self):
        self.assertEqual(Settings({"name": 1}).set("NAME", 2), 1)

    def test_settings_are_apart(self):
        Settings().set("a", 1)
        self.assertEqual(Settings().values, {})

    def test_settings_count_apart(self):
        Settings().set("a", 1)
        self.assertEqual(Settings().set("b", 1), 1)

    def test_values_are_copied(self):
        values = {"a": 1}
        Settings(values).set("b", 2)
        self.assertEqual(values, {"a": 1})

    def test_values_copied_empty(self):
        values = {}
        Settings(values).set("b", 2)
        self.assertEqual(values, {})

    def test_get(self):
        self.assertEqual(Settings({"a": 1}).get("a"), 1)

    def test_get_default(self):
        self.assertEqual(Settings({}, {"a": 5}).get("a"), 5)

    def test_get_none(self):
        with self.assertRaises(KeyError):
            Settings().get("a")

    def test_get_other(self):
        with self.assertRaises(KeyError):
            Settings({"b": 1}).get("a")

    def test_mean(self):
        self.assertEqual(Settings({"a": 1, "b": 3}).mean(["a", "b"]), 2)

    def test_mean_three(self):
        self.assertEqual(Settings({"a": 1, "b": 3, "c": 8}).mean(["a", "b", "c"]), 4)

    def test_mean_none(self):
        self.assertEqual(Settings().mean([]), 0)

    def test_mean_no_tuple(self):
        self.assertEqual(Settings({"a": 1}).mean(()), 0)

    def test_most(self):
        self.assertEqual(Settings({"a": 1, "b": 3}).most(), 3)

    def test_most_first(self):
        self.assertEqual(Settings({"a": 9, "b": 3}).most(), 9)

    def test_most_none(self):
        self.assertEqual(Settings().most(), None)

    def test_most_given_none(self):
        self.assertEqual(Settings({}).most(), None)

    def test_copy(self):
        self.assertEqual(Settings({"a": 1}).copy(), {"a": 1})

    def test_copy_is_apart(self):
        settings = Settings({"a": 1})
        settings.copy()["b"] = 2
        self.assertEqual(settings.values, {"a": 1})

    def test_copy_stays(self):
        settings = Settings({"a": 1})
        before = settings.copy()
        settings.set("a", 2)
        self.assertEqual(before, {"a": 1})

    def test_share(self):
        self.assertEqual(Settings({"a": 0.4 + 0.4, "rest": 0.2}).share("a"), True)

    def test_share_rounding(self):
        self.assertEqual(Settings({"a": 0.7 + 0.2, "rest": 0.1}).share("a"), True)

    def test_share_rounding_two(self):
        self.assertEqual(Settings({"a": 1.1 * 3, "rest": -2.3}).share("a"), True)

    def test_share_not(self):
        self.assertEqual(Settings({"a": 0.3}).share("a"), False)

    def test_recent(self):
        self.assertEqual(Settings({"a": 1, "b": 2, "c": 3}).recent(2), ["b", "c"])

    def test_recent_one(self):
        self.assertEqual(Settings({"a": 1, "b": 2}).recent(1), ["b"])

    def test_recent_all(self):
        self.assertEqual(Settings({"a": 1, "b": 2}).recent(2), ["a", "b"])

    def test_enough(self):
        self.assertEqual(Settings({"a": 1, "b": 2}).enough(1), True)

    def test_enough_exact(self):
        self.assertEqual(Settings({"a": 1}).enough(1), True)

    def test_enough_none(self):
        self.assertEqual(Settings().enough(0), True)

    def test_enough_not(self):
        self.assertEqual(Settings().enough(1), False)
