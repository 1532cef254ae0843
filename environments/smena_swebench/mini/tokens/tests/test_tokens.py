import unittest

from tokens import comment, depth, evaluate, is_number, names, postfix, same, scan, symbols, unquote


class TestScan(unittest.TestCase):
    def test_number(self):
        self.assertEqual(is_number("12"), True)

    def test_number_point(self):
        self.assertEqual(is_number("1.5"), True)

    def test_number_leading_point(self):
        self.assertEqual(is_number(".5"), True)

    def test_number_points(self):
        self.assertEqual(is_number("1.2.3"), False)

    def test_number_only_point(self):
        self.assertEqual(is_number("."), False)

    def test_number_word(self):
        self.assertEqual(is_number("ab"), False)

    def test_scan(self):
        self.assertEqual(scan("1+ab"), ["1", "+", "ab"])

    def test_scan_spaces(self):
        self.assertEqual(scan("  12  * 3 "), ["12", "*", "3"])

    def test_scan_end(self):
        self.assertEqual(scan("(1.5)"), ["(", "1.5", ")"])

    def test_scan_comment(self):
        self.assertEqual(scan("1 # one"), ["1"])

    def test_scan_none(self):
        self.assertEqual(scan(None), [])

    def test_scan_none_value(self):
        self.assertEqual(evaluate(None), 0)

    def test_scan_tabs(self):
        self.assertEqual(scan("1\t+\n2"), ["1", "+", "2"])

    def test_comment(self):
        self.assertEqual(comment("a # b # c"), "a ")

    def test_comment_none(self):
        self.assertEqual(comment("abc"), "abc")

    def test_comment_first(self):
        self.assertEqual(comment("# all"), "")

    def test_comment_at_start(self):
        self.assertEqual(scan("#1+2"), [])

    def test_unquote(self):
        self.assertEqual(unquote(b'"abc"'), "abc")

    def test_unquote_accent(self):
        self.assertEqual(unquote('"é"'.encode()), "é")

    def test_unquote_greek(self):
        self.assertEqual(unquote('"αβ"'.encode()), "αβ")

    def test_unquote_empty(self):
        self.assertEqual(unquote(b'""'), "")

    def test_unquote_open(self):
        with self.assertRaises(ValueError):
            unquote(b'"abc')

    def test_unquote_closed(self):
        with self.assertRaises(ValueError):
            unquote(b'abc"')

    def test_unquote_bare(self):
        with self.assertRaises(ValueError):
            unquote(b"abc")

    def test_unquote_short(self):
        with self.assertRaises(ValueError):
            unquote(b'"')

    def test_names(self):
        self.assertEqual(names(["a", "+", "b", "*", "a"]), ["a", "b"])

    def test_names_case(self):
        self.assertEqual(names(["A", "+", "a"]), ["a"])

    def test_names_shouted(self):
        self.assertEqual(names(["RATE"]), ["rate"])

    def test_names_known(self):
        self.assertEqual(names(["b", "a"], ["a"]), ["a", "b"])

    def test_names_again(self):
        names(["a"])
        self.assertEqual(names(["b"]), ["b"])

    def test_names_twice(self):
        names(["x", "y"])
        self.assertEqual(names([]), [])

    def test_names_keeps(self):
        known = ["a"]
        names(["b"], known)
        self.assertEqual(known, ["a"])

    def test_names_keeps_empty(self):
        known = []
        names(["b"], known)
        self.assertEqual(known, [])


class TestSolve(unittest.TestCase):
    def test_postfix(self):
        self.assertEqual(postfix(["1", "+", "2", "*", "3"]), ["1", "2", "3", "*", "+"])

    def test_postfix_equals(self):
        self.assertEqual(postfix(["1", "-", "2", "-", "3"]), ["1", "2", "-", "3", "-"])

    def test_postfix_brackets(self):
        self.assertEqual(postfix(["(", "1", "+", "2", ")", "*", "3"]), ["1", "2", "+", "3", "*"])

    def test_postfix_close(self):
        with self.assertRaises(ValueError):
            postfix(["1", ")"])

    def test_postfix_close_only(self):
        with self.assertRaises(ValueError):
            postfix([")"])

    def test_postfix_open(self):
        with self.assertRaises(ValueError):
            postfix(["(", "1"])

    def test_postfix_open_only(self):
        with self.assertRaises(ValueError):
            postfix(["("])

    def test_evaluate(self):
        self.assertEqual(evaluate("1 + 2 * 3"), 7)

    def test_evaluate_left(self):
        self.assertEqual(evaluate("7 - 2 - 1"), 4)

    def test_evaluate_divide(self):
        self.assertEqual(evaluate("12 / 4"), 3)

    def test_evaluate_minus(self):
        self.assertEqual(evaluate("5 - 3"), 2)

    def test_evaluate_times(self):
        self.assertEqual(evaluate("4 * 5"), 20)

    def test_evaluate_brackets(self):
        self.assertEqual(evaluate("(1 + 2) * 3"), 9)

    def test_evaluate_nothing(self):
        self.assertEqual(evaluate(""), 0)

    def test_evaluate_only_comment(self):
        self.assertEqual(evaluate("# nothing"), 0)

    def test_evaluate_names(self):
        self.assertEqual(evaluate("a * 2", {"a": 4}), 8)

    def test_evaluate_names_case(self):
        self.assertEqual(evaluate("Rate + 1", {"rate": 4}), 5)

    def test_evaluate_names_shouted(self):
        self.assertEqual(evaluate("A", {"a": 3}), 3)

    def test_evaluate_unknown(self):
        with self.assertRaises(NameError):
            evaluate("x + 1")

    def test_evaluate_unknown_other(self):
        with self.assertRaises(NameError):
            evaluate("y", {"x": 1})

    def test_evaluate_missing(self):
        with self.assertRaises(ValueError):
            evaluate("1 +")

    def test_evaluate_missing_both(self):
        with self.assertRaises(ValueError):
            evaluate("*")

    def test_depth(self):
        self.assertEqual(depth(["(", "(", ")", ")"]), 2)

    def test_depth_twice(self):
        self.assertEqual(depth(["(", ")", "(", ")"]), 1)

    def test_depth_none(self):
        self.assertEqual(depth(["1"]), 0)

    def test_depth_side(self):
        self.assertEqual(depth(["(", "(", ")", "(", ")", ")"]), 2)

    def test_same(self):
        self.assertEqual(same("1 + 2", "3"), True)

    def test_same_rounding(self):
        self.assertEqual(same("0.1 + 0.2", "0.3"), True)

    def test_same_product(self):
        self.assertEqual(same("1.1 * 3", "3.3"), True)

    def test_same_not(self):
        self.assertEqual(same("1", "2"), False)

    def test_symbols(self):
        self.assertEqual(symbols({"a": 1}, {"b": 2}), {"a": 1, "b": 2})

    def test_symbols_over(self):
        self.assertEqual(symbols({"a": 1}, {"a": 2}), {"a": 2})

    def test_symbols_none(self):
        self.assertEqual(symbols(None, {"a": 2}), {"a": 2})

    def test_symbols_keeps(self):
        values = {"a": 1}
        symbols(values, {"b": 2})
        self.assertEqual(values, {"a": 1})

    def test_symbols_keeps_value(self):
        values = {"a": 1}
        symbols(values, {"a": 2})
        self.assertEqual(values, {"a": 1})

    def test_symbols_no_more(self):
        self.assertEqual(symbols({"a": 1}), {"a": 1})

    def test_symbols_nothing(self):
        self.assertEqual(symbols(None), {})
