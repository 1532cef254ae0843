"""Amounts in cents and accounts that hold them."""

from ledger.accounts import Account, decode_memo, lookup, merge, transfer
from ledger.money import format_amount, parse_amount, percent, same_amount, split_evenly

__all__ = [
    "Account",
    "decode_memo",
    "format_amount",
    "lookup",
    "merge",
    "parse_amount",
    "percent",
    "same_amount",
    "split_evenly",
    "transfer",
]
