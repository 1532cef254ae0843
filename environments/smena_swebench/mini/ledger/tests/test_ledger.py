import unittest

from ledger import (
    Account,
    decode_memo,
    format_amount,
    lookup,
    merge,
    parse_amount,
    percent,
    same_amount,
    split_evenly,
    transfer,
)


class TestMoney(unittest.TestCase):
    def test_parse_plain(self):
        self.assertEqual(parse_amount("12.34"), 1234)

    def test_parse_whole(self):
        self.assertEqual(parse_amount(" 7 "), 700)

    def test_parse_brackets(self):
        self.assertEqual(parse_amount("(3.50)"), -350)

    def test_parse_brackets_whole(self):
        self.assertEqual(parse_amount("(12)"), -1200)

    def test_parse_nothing(self):
        self.assertEqual(parse_amount(""), 0)

    def test_parse_none(self):
        self.assertEqual(parse_amount(None), 0)

    def test_parse_spaces(self):
        self.assertEqual(parse_amount("   "), 0)

    def test_parse_words(self):
        with self.assertRaises(ValueError):
            parse_amount("ten")

    def test_parse_sign(self):
        with self.assertRaises(ValueError):
            parse_amount("--3")

    def test_format_plain(self):
        self.assertEqual(format_amount(1234), "12.34")

    def test_format_negative(self):
        self.assertEqual(format_amount(-105, "$"), "-$1.05")

    def test_format_zero(self):
        self.assertEqual(format_amount(0), "0.00")

    def test_split_even(self):
        self.assertEqual(split_evenly(900, 3), [300, 300, 300])

    def test_split_rest(self):
        self.assertEqual(split_evenly(100, 3), [34, 33, 33])

    def test_split_two_left(self):
        self.assertEqual(split_evenly(11, 3), [4, 4, 3])

    def test_split_nobody(self):
        with self.assertRaises(ValueError):
            split_evenly(100, 0)

    def test_split_negative(self):
        with self.assertRaises(ValueError):
            split_evenly(100, -2)

    def test_same_sum(self):
        self.assertEqual(same_amount(0.1 + 0.2, 0.3), True)

    def test_same_product(self):
        self.assertEqual(same_amount(1.1 * 3, 3.3), True)

    def test_same_other(self):
        self.assertEqual(same_amount(0.1, 0.11), False)

    def test_percent(self):
        self.assertEqual(percent(200, 15), 30)

    def test_percent_rounds(self):
        self.assertEqual(percent(999, 10), 100)


class TestAccount(unittest.TestCase):
    def test_post(self):
        self.assertEqual(Account("a").post(5), 5)

    def test_post_twice(self):
        account = Account("a")
        account.post(5)
        self.assertEqual(account.post(7), 12)

    def test_post_zero(self):
        with self.assertRaises(ValueError):
            Account("a").post(0)

    def test_accounts_are_apart(self):
        first, second = Account("a"), Account("b")
        first.post(5)
        self.assertEqual(second.entries, [])

    def test_accounts_count_apart(self):
        Account("a").post(5)
        self.assertEqual(Account("b").post(1), 1)

    def test_entries_are_copied(self):
        given = [(1, "x")]
        Account("a", given).post(5)
        self.assertEqual(given, [(1, "x")])

    def test_entries_of_another(self):
        first = Account("a", [(1, "x")])
        second = Account("b", first.entries)
        second.post(2)
        self.assertEqual(first.balance(), 1)

    def test_running(self):
        self.assertEqual(Account("a", [(1, ""), (4, ""), (-2, "")]).running(), [1, 5, 3])

    def test_running_down(self):
        self.assertEqual(Account("a", [(-1, ""), (-1, "")]).running(), [-1, -2])

    def test_withdraw_less(self):
        self.assertEqual(Account("a", [(10, "")]).can_withdraw(9), True)

    def test_withdraw_all(self):
        self.assertEqual(Account("a", [(10, "")]).can_withdraw(10), True)

    def test_withdraw_to_limit(self):
        self.assertEqual(Account("a", [(10, "")]).can_withdraw(15, 5), True)

    def test_withdraw_more(self):
        self.assertEqual(Account("a", [(10, "")]).can_withdraw(11), False)

    def test_find(self):
        self.assertEqual(Account("a", [(1, "rent"), (2, "food")]).find("rent"), [(1, "rent")])

    def test_find_case(self):
        self.assertEqual(Account("a", [(1, "Rent")]).find("rent"), [(1, "Rent")])

    def test_find_shouted(self):
        self.assertEqual(Account("a", [(1, "rent may")]).find("MAY"), [(1, "rent may")])

    def test_find_without_memo(self):
        self.assertEqual(Account("a", [(1, None), (2, "x")]).find("x"), [(2, "x")])

    def test_find_no_memo_at_all(self):
        self.assertEqual(Account("a", [(1, None)]).find("x"), [])

    def test_last(self):
        self.assertEqual(Account("a", [(1, ""), (2, ""), (3, "")]).last(2), [(2, ""), (3, "")])

    def test_last_one(self):
        self.assertEqual(Account("a", [(1, ""), (2, "")]).last(1), [(2, "")])

    def test_last_too_many(self):
        self.assertEqual(Account("a", [(1, "")]).last(3), [(1, "")])

    def test_largest(self):
        self.assertEqual(Account("a", [(1, "x"), (9, "y"), (3, "z")]).largest(), (9, "y"))

    def test_largest_first(self):
        self.assertEqual(Account("a", [(5, "x"), (2, "y")]).largest(), (5, "x"))

    def test_largest_of_none(self):
        self.assertEqual(Account("a").largest(), None)

    def test_largest_of_given_none(self):
        self.assertEqual(Account("a", []).largest(), None)


class TestTransfer(unittest.TestCase):
    def test_transfer(self):
        self.assertEqual(transfer(Account("a", [(10, "")]), Account("b"), 4), (6, 4))

    def test_transfer_all(self):
        self.assertEqual(transfer(Account("a", [(10, "")]), Account("b"), 10), (0, 10))

    def test_transfer_memo(self):
        target = Account("b")
        transfer(Account("a", [(10, "")]), target, 4)
        self.assertEqual(target.entries, [(4, "from a")])

    def test_transfer_too_much(self):
        with self.assertRaises(ValueError):
            transfer(Account("a", [(10, "")]), Account("b"), 11)

    def test_transfer_negative(self):
        with self.assertRaises(ValueError):
            transfer(Account("a", [(10, "")]), Account("b"), -1)

    def test_lookup(self):
        self.assertEqual(lookup([Account("a"), Account("b")], "b").name, "b")

    def test_lookup_nobody(self):
        with self.assertRaises(LookupError):
            lookup([Account("a")], "z")

    def test_lookup_empty(self):
        with self.assertRaises(LookupError):
            lookup([], "a")

    def test_merge(self):
        self.assertEqual(merge([Account("a", [(1, "")]), Account("b", [(2, "")])]), [(1, ""), (2, "")])

    def test_merge_many(self):
        self.assertEqual(merge([Account("a", [(1, ""), (2, "")])]), [(1, ""), (2, "")])

    def test_memo(self):
        self.assertEqual(decode_memo(b"rent"), "rent")

    def test_memo_accent(self):
        self.assertEqual(decode_memo("café".encode()), "café")

    def test_memo_euro(self):
        self.assertEqual(decode_memo("5 €".encode()), "5 €")
