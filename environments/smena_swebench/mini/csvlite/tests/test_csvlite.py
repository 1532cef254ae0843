import unittest

from csvlite import Table, joined, number, parse, row_text, widths


class TestLines(unittest.TestCase):
    def test_parse(self):
        self.assertEqual(parse("a,b"), ["a", "b"])

    def test_parse_spaces(self):
        self.assertEqual(parse(" a , b "), ["a", "b"])

    def test_parse_spaces_last(self):
        self.assertEqual(parse("a, b"), ["a", "b"])

    def test_parse_quotes(self):
        self.assertEqual(parse('"a,b",c'), ["a,b", "c"])

    def test_parse_quotes_last(self):
        self.assertEqual(parse('c,"a,b"'), ["c", "a,b"])

    def test_parse_none(self):
        self.assertEqual(parse(None), [])

    def test_parse_empty(self):
        self.assertEqual(parse(""), [])

    def test_parse_sign(self):
        self.assertEqual(parse("a;b", ";"), ["a", "b"])

    def test_parse_open(self):
        with self.assertRaises(ValueError):
            parse('a,"b')

    def test_parse_open_first(self):
        with self.assertRaises(ValueError):
            parse('"')

    def test_row(self):
        self.assertEqual(row_text(["a", "b"]), "a,b")

    def test_row_none(self):
        self.assertEqual(row_text(["a", None]), "a,")

    def test_row_all_none(self):
        self.assertEqual(row_text([None, None]), ",")

    def test_number(self):
        self.assertEqual(number(" 1.5 "), 1.5)

    def test_number_none(self):
        self.assertEqual(number(None), 0)

    def test_number_empty(self):
        self.assertEqual(number(""), 0)

    def test_widths(self):
        self.assertEqual(widths([["a", "bbb"], ["cc", "d"]]), [2, 3])

    def test_widths_one(self):
        self.assertEqual(widths([["aaa"], ["b"]]), [3])

    def test_widths_none(self):
        self.assertEqual(widths([]), [])

    def test_widths_of_tuple(self):
        self.assertEqual(widths(()), [])


class TestTable(unittest.TestCase):
    def test_add(self):
        self.assertEqual(Table(["a"]).add(["1"]), 0)

    def test_add_second(self):
        self.assertEqual(Table(["a"], [["0"]]).add(["1"]), 1)

    def test_add_length(self):
        with self.assertRaises(ValueError):
            Table(["a"]).add(["1", "2"])

    def test_add_length_short(self):
        with self.assertRaises(ValueError):
            Table(["a", "b"]).add(["1"])

    def test_tables_are_apart(self):
        Table(["a"]).add(["1"])
        self.assertEqual(Table(["a"]).rows, [])

    def test_tables_count_apart(self):
        Table(["a"]).add(["1"])
        self.assertEqual(Table(["b"]).add(["2"]), 0)

    def test_rows_are_copied(self):
        rows = [["1"]]
        Table(["a"], rows).add(["2"])
        self.assertEqual(rows, [["1"]])

    def test_rows_copied_empty(self):
        rows = []
        Table(["a"], rows).add(["2"])
        self.assertEqual(rows, [])

    def test_column(self):
        self.assertEqual(Table(["a", "b"], [["1", "2"]]).column("b"), ["2"])

    def test_column_case(self):
        self.assertEqual(Table(["Name"], [["x"]]).column("name"), ["x"])

    def test_column_shouted(self):
        self.assertEqual(Table(["name"], [["x"]]).column("NAME"), ["x"])

    def test_column_none(self):
        with self.assertRaises(KeyError):
            Table(["a"]).column("z")

    def test_column_no_header(self):
        with self.assertRaises(KeyError):
            Table([]).column("z")

    def test_where(self):
        self.assertEqual(Table(["a"], [["1"], ["5"], ["9"]]).where("a", 2, 8), [["5"]])

    def test_where_low(self):
        self.assertEqual(Table(["a"], [["1"], ["5"]]).where("a", 5, 8), [["5"]])

    def test_where_high(self):
        self.assertEqual(Table(["a"], [["1"], ["5"]]).where("a", 0, 1), [["1"]])

    def test_where_one(self):
        self.assertEqual(Table(["a"], [["5"]]).where("a", 5, 5), [["5"]])

    def test_mean(self):
        self.assertEqual(Table(["a"], [["1"], ["3"]]).mean("a"), 2)

    def test_mean_many(self):
        self.assertEqual(Table(["a"], [["1"], ["3"], ["8"]]).mean("a"), 4)

    def test_mean_none(self):
        self.assertEqual(Table(["a"]).mean("a"), 0)

    def test_mean_no_rows(self):
        self.assertEqual(Table(["b"], []).mean("b"), 0)

    def test_page(self):
        self.assertEqual(Table(["a"], [["1"], ["2"], ["3"]]).page(1, 2), [["1"], ["2"]])

    def test_page_second(self):
        self.assertEqual(Table(["a"], [["1"], ["2"], ["3"]]).page(2, 2), [["3"]])

    def test_save(self):
        self.assertEqual(Table(["a"], [["1"]]).save(), b"a\n1")

    def test_save_accent(self):
        self.assertEqual(Table(["é"]).save(), b"\xc3\xa9")

    def test_save_euro(self):
        self.assertEqual(Table(["a"], [["€"]]).save(), b"a\n\xe2\x82\xac")

    def test_total(self):
        self.assertEqual(Table(["a"], [["0.1"], ["0.2"]]).total("a", 0.3), True)

    def test_total_three(self):
        self.assertEqual(Table(["a"], [["1.1"], ["2.2"]]).total("a", 3.3), True)

    def test_total_not(self):
        self.assertEqual(Table(["a"], [["1"]]).total("a", 2), False)

    def test_joined(self):
        self.assertEqual(joined(Table(["a"], [["1"]]), Table(["a"], [["2"]])).rows, [["1"], ["2"]])

    def test_joined_order(self):
        self.assertEqual(joined(Table(["a"], [["z"]]), Table(["a"], [["b"]])).rows, [["z"], ["b"]])

    def test_joined_headers(self):
        with self.assertRaises(ValueError):
            joined(Table(["a"]), Table(["b"]))

    def test_joined_header_length(self):
        with self.assertRaises(ValueError):
            joined(Table(["a"]), Table(["a", "b"]))
