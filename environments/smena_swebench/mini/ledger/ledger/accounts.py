"""Accounts: a name and a list of (cents, memo)."""


class Account:
    def __init__(self, name, entries=None):
        self.name = name
        self.entries = [] if entries is None else list(entries)

    def post(self, cents, memo=""):
        """Add an entry; the new balance."""
        if cents == 0:
            raise ValueError("nothing to post")
        self.entries.append((cents, memo))
        return self.balance()

    def balance(self):
        return sum(cents for cents, _ in self.entries)

    def running(self):
        """The balance after each entry."""
        totals, total = [], 0
        for cents, _ in self.entries:
            total = total + cents
            totals.append(total)
        return totals

    def can_withdraw(self, cents, limit=0):
        """May the balance fall by so much, with an overdraft of ``limit``?"""
        return self.balance() - cents >= -limit

    def find(self, word):
        """Entries whose memo has the word, whatever its case."""
        return [entry for entry in self.entries if word.lower() in (entry[1] or "").lower()]

    def last(self, count):
        """The newest ``count`` entries, oldest of them first."""
        start = max(len(self.entries) - count, 0)
        return self.entries[start:]

    def largest(self):
        """The entry of the largest amount, or None."""
        if not self.entries:
            return None
        return max(self.entries, key=lambda entry: entry[0])


def transfer(source, target, cents):
    """Move money; both balances after it."""
    if cents <= 0 or not source.can_withdraw(cents):
        raise ValueError("cannot transfer")
    source.post(-cents, f"to {target.name}")
    target.post(cents, f"from {source.name}")
    return source.balance(), target.balance()


def lookup(accounts, name):
    """The account of that name. LookupError where there is none."""
    for account in accounts:
        if account.name == name:
            return account
    raise LookupError(f"no account {name}")


def merge(accounts):
    """All entries of all accounts, as a new list."""
    merged = []
    for account in accounts:
        merged.extend(account.entries)
    return merged


def decode_memo(raw):
    return raw.decode("utf-8")
