import unittest

from textkit import (
    center,
    count,
    indent,
    initials,
    number,
    pad,
    paragraphs,
    similar,
    size,
    slug,
    truncate,
    unique,
    wrap,
)


class TestWords(unittest.TestCase):
    def test_slug(self):
        self.assertEqual(slug("Hello, World"), "hello-world")

    def test_slug_end(self):
        self.assertEqual(slug("one  two!"), "one-two")

    def test_slug_one(self):
        self.assertEqual(slug("One"), "one")

    def test_slug_joiner(self):
        self.assertEqual(slug("A b C", "_"), "a_b_c")

    def test_slug_none(self):
        self.assertEqual(slug(None), "")

    def test_slug_none_joiner(self):
        self.assertEqual(slug(None, "_"), "")

    def test_truncate_short(self):
        self.assertEqual(truncate("abc", 5), "abc")

    def test_truncate_long(self):
        self.assertEqual(truncate("abcdefgh", 6), "abc...")

    def test_truncate_exact(self):
        self.assertEqual(truncate("abcdef", 6), "abcdef")

    def test_truncate_exact_long(self):
        self.assertEqual(truncate("abcdefgh", 8), "abcdefgh")

    def test_truncate_mark(self):
        self.assertEqual(truncate("abcdefgh", 4, "~"), "abc~")

    def test_truncate_small(self):
        with self.assertRaises(ValueError):
            truncate("abcdef", 2)

    def test_truncate_one(self):
        with self.assertRaises(ValueError):
            truncate("abcdef", 1)

    def test_truncate_only_mark(self):
        self.assertEqual(truncate("abcdef", 3), "...")

    def test_pad(self):
        self.assertEqual(pad("7", 3, "0"), "007")

    def test_pad_two(self):
        self.assertEqual(pad("ab", 4, "."), "..ab")

    def test_pad_none_needed(self):
        self.assertEqual(pad("abc", 3), "abc")

    def test_center(self):
        self.assertEqual(center("ab", 6, "*"), "**ab**")

    def test_center_odd(self):
        self.assertEqual(center("ab", 5, "*"), "*ab**")

    def test_center_wide(self):
        self.assertEqual(center("abcd", 2), "abcd")

    def test_initials(self):
        self.assertEqual(initials("ada lovelace"), "A.L.")

    def test_initials_one(self):
        self.assertEqual(initials("grace"), "G.")

    def test_count(self):
        self.assertEqual(count("a b a"), {"a": 2, "b": 1})

    def test_count_case(self):
        self.assertEqual(count("A a"), {"a": 2})

    def test_count_more(self):
        self.assertEqual(count("a", {"a": 1}), {"a": 2})

    def test_count_again(self):
        count("a b")
        self.assertEqual(count("a"), {"a": 1})

    def test_count_twice(self):
        count("x x x")
        self.assertEqual(count("y"), {"y": 1})

    def test_count_keeps_seen(self):
        seen = {"a": 1}
        count("a b", seen)
        self.assertEqual(seen, {"a": 1})

    def test_count_keeps_empty(self):
        seen = {}
        count("b", seen)
        self.assertEqual(seen, {})

    def test_unique(self):
        self.assertEqual(unique(["a", "b", "a"]), ["a", "b"])

    def test_unique_known(self):
        self.assertEqual(unique(["a", "b"], {"a"}), ["b"])

    def test_unique_again(self):
        unique(["a"])
        self.assertEqual(unique(["a"]), ["a"])

    def test_unique_twice(self):
        unique(["x", "y"])
        self.assertEqual(unique(["y", "z"]), ["y", "z"])

    def test_similar(self):
        self.assertEqual(similar("abcd", "abxd"), 0.75)

    def test_similar_length(self):
        self.assertEqual(similar("ab", "abcd"), 0.5)

    def test_similar_empty(self):
        self.assertEqual(similar("", ""), 1.0)

    def test_similar_none_same(self):
        self.assertEqual(similar("ab", "cd"), 0.0)

    def test_size(self):
        self.assertEqual(size("abc"), 3)

    def test_size_accent(self):
        self.assertEqual(size("é"), 2)

    def test_size_euro(self):
        self.assertEqual(size("5€"), 4)


class TestLines(unittest.TestCase):
    def test_wrap(self):
        self.assertEqual(wrap("a bb ccc", 4), ["a bb", "ccc"])

    def test_wrap_exact(self):
        self.assertEqual(wrap("aa bb cc", 5), ["aa bb", "cc"])

    def test_wrap_exact_all(self):
        self.assertEqual(wrap("one two", 7), ["one two"])

    def test_wrap_long_word(self):
        self.assertEqual(wrap("a bbbbbb c", 3), ["a", "bbbbbb", "c"])

    def test_wrap_nothing(self):
        self.assertEqual(wrap("", 5), [])

    def test_wrap_width(self):
        with self.assertRaises(ValueError):
            wrap("a", 0)

    def test_wrap_negative(self):
        with self.assertRaises(ValueError):
            wrap("a b", -3)

    def test_wrap_narrow(self):
        self.assertEqual(wrap("a b", 1), ["a", "b"])

    def test_indent(self):
        self.assertEqual(indent(["a", "b"], 2), ["  a", "  b"])

    def test_indent_hanging(self):
        self.assertEqual(indent(["a", "b", "c"], 2, first=False), ["a", "  b", "  c"])

    def test_indent_keeps(self):
        lines = ["a"]
        indent(lines)
        self.assertEqual(lines, ["a"])

    def test_indent_keeps_all(self):
        lines = ["a", "b"]
        indent(lines, 2)
        self.assertEqual(lines, ["a", "b"])

    def test_number(self):
        self.assertEqual(number(["a", "b"]), ["1: a", "2: b"])

    def test_number_from(self):
        self.assertEqual(number(["a"], 5), ["5: a"])

    def test_paragraphs(self):
        self.assertEqual(paragraphs(["a", "b", "", "c"]), [["a", "b"], ["c"]])

    def test_paragraphs_blanks(self):
        self.assertEqual(paragraphs(["", "a", "", "", "b", ""]), [["a"], ["b"]])

    def test_paragraphs_spaces(self):
        self.assertEqual(paragraphs(["a", "  ", "b"]), [["a"], ["b"]])

    def test_paragraphs_tabs(self):
        self.assertEqual(paragraphs(["a", "\t", "b"]), [["a"], ["b"]])
