import unittest

from urls import (
    Address,
    build,
    depth,
    first,
    host,
    join,
    merge,
    pages,
    parse,
    port,
    quote,
    read,
    same_host,
    scheme,
    trail,
    weight,
)


class TestParts(unittest.TestCase):
    def test_scheme(self):
        self.assertEqual(scheme("http://a.b"), "http")

    def test_scheme_case(self):
        self.assertEqual(scheme("HTTP://a.b"), "http")

    def test_scheme_some_case(self):
        self.assertEqual(scheme("Https://a.b"), "https")

    def test_scheme_spaces(self):
        self.assertEqual(scheme(" http://a.b"), "http")

    def test_scheme_tab(self):
        self.assertEqual(scheme("\tftp://a.b"), "ftp")

    def test_scheme_none(self):
        self.assertEqual(scheme(None), "")

    def test_scheme_none_length(self):
        self.assertEqual(len(scheme(None)), 0)

    def test_scheme_missing(self):
        self.assertEqual(scheme("a.b/c"), "")

    def test_host(self):
        self.assertEqual(host("http://a.b/c"), "a.b")

    def test_host_bare(self):
        self.assertEqual(host("a.b/c"), "a.b")

    def test_host_port(self):
        self.assertEqual(host("http://a.b:80/"), "a.b")

    def test_host_case(self):
        self.assertEqual(host("http://A.b"), "a.b")

    def test_host_shouted(self):
        self.assertEqual(host("EXAMPLE.ORG/x"), "example.org")

    def test_host_none(self):
        with self.assertRaises(ValueError):
            host("http:///c")

    def test_host_empty(self):
        with self.assertRaises(ValueError):
            host("")

    def test_port(self):
        self.assertEqual(port("http://a:8080/x"), 8080)

    def test_port_known(self):
        self.assertEqual(port("https://a"), 443)

    def test_port_last(self):
        self.assertEqual(port("a:65535"), 65535)

    def test_port_first(self):
        self.assertEqual(port("http://a:1"), 1)

    def test_port_one(self):
        self.assertEqual(port("b:1/x"), 1)

    def test_port_zero(self):
        with self.assertRaises(ValueError):
            port("http://a:0")

    def test_port_high(self):
        with self.assertRaises(ValueError):
            port("http://a:65536")

    def test_port_unknown(self):
        with self.assertRaises(LookupError):
            port("ftp://a")

    def test_port_no_scheme(self):
        with self.assertRaises(LookupError):
            port("a.b")

    def test_same(self):
        self.assertEqual(same_host("http://a/x", "a/y"), True)

    def test_same_not(self):
        self.assertEqual(same_host("http://a/x", "b/x"), False)

    def test_depth(self):
        self.assertEqual(depth("/a/b/"), 2)

    def test_depth_none(self):
        self.assertEqual(depth(None), 0)

    def test_depth_missing(self):
        self.assertEqual(depth(None) + depth("/a"), 1)

    def test_depth_root(self):
        self.assertEqual(depth("/"), 0)

    def test_join(self):
        self.assertEqual(join("a", "b"), "a/b")

    def test_join_slash(self):
        self.assertEqual(join("a/", "/b"), "a/b")

    def test_join_slash_base(self):
        self.assertEqual(join("/a/", "b"), "/a/b")

    def test_join_slash_path(self):
        self.assertEqual(join("a", "/b/"), "a/b/")

    def test_trail(self):
        self.assertEqual(trail("/a/b"), ["/a", "/a/b"])

    def test_trail_one(self):
        self.assertEqual(trail("a/"), ["/a"])

    def test_trail_none(self):
        self.assertEqual(trail("/"), [])


class TestAddress(unittest.TestCase):
    def test_down(self):
        self.assertEqual(Address("a").down("b"), 1)

    def test_down_more(self):
        self.assertEqual(Address("a", ["x", "y"]).down("b"), 3)

    def test_down_empty(self):
        with self.assertRaises(ValueError):
            Address("a").down("")

    def test_down_slash(self):
        with self.assertRaises(ValueError):
            Address("a").down("b/c")

    def test_addresses_are_apart(self):
        Address("a").down("b")
        self.assertEqual(Address("a").path, [])

    def test_addresses_count_apart(self):
        Address("a").down("b")
        self.assertEqual(Address("a").down("c"), 1)

    def test_path_is_copied(self):
        path = ["x"]
        Address("a", path).down("b")
        self.assertEqual(path, ["x"])

    def test_path_of_another(self):
        top = Address("a", ["x"])
        Address("a", top.path).up()
        self.assertEqual(top.path, ["x"])

    def test_up(self):
        self.assertEqual(Address("a", ["x", "y"]).up(), "y")

    def test_up_top(self):
        with self.assertRaises(LookupError):
            Address("a").up()

    def test_up_given_top(self):
        with self.assertRaises(LookupError):
            Address("a", []).up()

    def test_last(self):
        self.assertEqual(Address("a", ["x", "y"]).last(), "y")

    def test_last_three(self):
        self.assertEqual(Address("a", ["x", "y", "z"]).last(), "z")

    def test_last_none(self):
        self.assertEqual(Address("a").last(), None)

    def test_last_given_none(self):
        self.assertEqual(Address("a", []).last(), None)

    def test_within(self):
        self.assertEqual(Address("a", ["x", "y"]).within(Address("a", ["x"])), True)

    def test_within_same(self):
        self.assertEqual(Address("a", ["x"]).within(Address("a", ["x"])), True)

    def test_within_same_top(self):
        self.assertEqual(Address("a").within(Address("b")), True)

    def test_within_other(self):
        self.assertEqual(Address("a", ["x", "y"]).within(Address("a", ["y"])), False)

    def test_within_shorter(self):
        self.assertEqual(Address("a", ["x"]).within(Address("a", ["x", "y"])), False)

    def test_names(self):
        self.assertEqual(Address("a", ["x"]).names(), ["x"])

    def test_names_are_apart(self):
        address = Address("a", ["x"])
        address.names().append("y")
        self.assertEqual(address.path, ["x"])

    def test_names_stay(self):
        address = Address("a", ["x"])
        before = address.names()
        address.down("y")
        self.assertEqual(before, ["x"])


class TestQuery(unittest.TestCase):
    def test_quote(self):
        self.assertEqual(quote("a b"), "a%20b")

    def test_quote_capital(self):
        self.assertEqual(quote("Ab"), "Ab")

    def test_quote_all_capital(self):
        self.assertEqual(quote("XYZ"), "XYZ")

    def test_quote_accent(self):
        self.assertEqual(quote("é"), "%C3%A9")

    def test_quote_euro(self):
        self.assertEqual(quote("5€"), "5%E2%82%AC")

    def test_read(self):
        self.assertEqual(read(b"a%20b"), "a b")

    def test_read_accent(self):
        self.assertEqual(read(b"caf%C3%A9!"), "café!")

    def test_read_greek(self):
        self.assertEqual(read(b"%CE%B1.."), "α..")

    def test_read_end(self):
        self.assertEqual(read(b"a%20"), "a ")

    def test_read_all(self):
        self.assertEqual(read(b"%41"), "A")

    def test_read_broken(self):
        self.assertEqual(read(b"50%"), "50%")

    def test_parse(self):
        self.assertEqual(parse("a=1&b=2"), {"a": "1", "b": "2"})

    def test_parse_case(self):
        self.assertEqual(parse("A=1"), {"a": "1"})

    def test_parse_shouted(self):
        self.assertEqual(parse("NAME=X"), {"name": "X"})

    def test_parse_spaces(self):
        self.assertEqual(parse(" a =1"), {"a": "1"})

    def test_parse_space(self):
        self.assertEqual(parse("b =2&c=3"), {"b": "2", "c": "3"})

    def test_parse_none(self):
        self.assertEqual(parse(None), {})

    def test_parse_none_seen(self):
        self.assertEqual(parse(None, {"a": "1"}), {"a": "1"})

    def test_parse_empty_parts(self):
        self.assertEqual(parse("&a=1&&"), {"a": "1"})

    def test_parse_no_value(self):
        with self.assertRaises(ValueError):
            parse("a")

    def test_parse_no_value_later(self):
        with self.assertRaises(ValueError):
            parse("a=1&b")

    def test_parse_again(self):
        parse("a=1")
        self.assertEqual(parse("b=2"), {"b": "2"})

    def test_parse_nothing(self):
        parse("x=1")
        self.assertEqual(parse(""), {})

    def test_parse_keeps(self):
        seen = {"a": "1"}
        parse("b=2", seen)
        self.assertEqual(seen, {"a": "1"})

    def test_parse_keeps_empty(self):
        seen = {}
        parse("b=2", seen)
        self.assertEqual(seen, {})

    def test_build(self):
        self.assertEqual(build({"b": "2", "a": "1"}), "a=1&b=2")

    def test_build_none(self):
        self.assertEqual(build({"a": None}), "a=")

    def test_build_some_none(self):
        self.assertEqual(build({"a": None, "b": "x"}), "a=&b=x")

    def test_first(self):
        self.assertEqual(first({"a": "1", "b": "2"}, ["x", "b", "a"]), "2")

    def test_first_default(self):
        self.assertEqual(first({}, ["a"], "z"), "z")

    def test_first_none(self):
        with self.assertRaises(KeyError):
            first({}, ["a"])

    def test_first_no_names(self):
        with self.assertRaises(KeyError):
            first({"a": "1"}, [])

    def test_merge(self):
        self.assertEqual(merge({"a": 1}, {"b": 2}), {"a": 1, "b": 2})

    def test_merge_none(self):
        self.assertEqual(merge({"a": 1}), {"a": 1})

    def test_merge_given_none(self):
        self.assertEqual(merge({}, None), {})

    def test_merge_keeps(self):
        base = {"a": 1}
        merge(base, {"a": 2})
        self.assertEqual(base, {"a": 1})

    def test_merge_keeps_keys(self):
        base = {"a": 1}
        merge(base, {"b": 2})
        self.assertEqual(base, {"a": 1})

    def test_pages(self):
        self.assertEqual(pages(5, 2), ["page=1", "page=2", "page=3"])

    def test_pages_full(self):
        self.assertEqual(pages(4, 2), ["page=1", "page=2"])

    def test_pages_none(self):
        self.assertEqual(pages(0, 2), [])

    def test_pages_zero(self):
        with self.assertRaises(ValueError):
            pages(4, 0)

    def test_pages_negative(self):
        with self.assertRaises(ValueError):
            pages(4, -1)

    def test_weight(self):
        self.assertEqual(weight([0.5, 0.25, 0.25]), 0.5)

    def test_weight_late(self):
        self.assertEqual(weight([0.25, 0.75]), 0.75)

    def test_weight_rounding(self):
        self.assertEqual(weight([0.1] * 10), 0.1)

    def test_weight_rounding_three(self):
        self.assertEqual(weight([0.7, 0.2, 0.1]), 0.7)

    def test_weight_none(self):
        self.assertEqual(weight([]), 0)

    def test_weight_no_tuple(self):
        self.assertEqual(weight(()), 0)

    def test_weight_other(self):
        with self.assertRaises(ValueError):
            weight([0.5, 0.6])
