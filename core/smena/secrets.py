"""Looking for the reference where it must not be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from smena.values import JSON, Task, canonical

TELLING = 8
"""A text at least so long is not found elsewhere by chance."""
ENOUGH = 4
"""A short reference (a number, a label) may be met by chance; in so many tasks and all of them, it is a leak."""


def secrets_of(task: Task) -> list[str]:
    """What of a task's reference must be shown nowhere: the whole of it, and every text of a mapping that is
    long enough to be told from chance and that the view does not show."""
    whole = text_of(task.reference)
    found = [whole] if whole not in ("", "null", "[]", "{}") else []
    if isinstance(task.reference, dict):
        view = text_of(task.view)
        found += [leaf for _, leaf in leaves(task.reference) if len(leaf) >= 2 * TELLING and leaf not in view]
    return found


def text_of(value: JSON) -> str:
    """A value as text: a str as it is, anything else as canonical JSON."""
    return value if isinstance(value, str) else canonical(value).decode()


def leaves(value: JSON, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of all scalars inside a value; list positions count as one path."""
    match value:
        case dict():
            for key in value:
                yield from leaves(value[key], f"{path}.{key}")
        case list() | tuple():
            for entry in value:
                yield from leaves(entry, f"{path}[]")
        case None:
            pass
        case _:
            yield path, text_of(value)


def shows(value: JSON, secret: str) -> bool:
    """Is the secret anywhere in the value? Only asked of secrets that are long enough."""
    inside = canonical(secret).decode()[1:-1]  # as it looks within a JSON string
    text = text_of(value)
    return secret in text or inside in text


def leak(values: Sequence[JSON], secrets: Sequence[Sequence[str]]) -> str:
    """Where a reference is seen: ``values`` and ``secrets`` of the same tasks. Empty: nowhere.

    A long secret is a leak wherever it is seen; a short one is when it is a value of its own, under the same
    name, in every task (at least ENOUGH of them, with at least two different ones)."""
    for number, (value, hidden) in enumerate(zip(values, secrets, strict=True)):
        for secret in hidden:
            if len(secret) >= TELLING and shows(value, secret):
                return f"task number {number} shows {secret[:60]!r}"
    if len(values) < ENOUGH or len({tuple(s) for s in secrets}) < 2:
        return ""
    places = [
        {path for path, leaf in leaves(value) if leaf in hidden}
        for value, hidden in zip(values, secrets, strict=True)
    ]
    common = set.intersection(*places)
    return f"it is the value at {min(common) or 'the root'} in every task" if common else ""


def told_by(body: JSON, task: Task) -> bool:
    """Does this say the reference of the task: a long text of it anywhere, a short one as a value of its own?"""
    values = {leaf for _, leaf in leaves(body)}
    return any(
        shows(body, secret) if len(secret) >= TELLING else secret in values for secret in secrets_of(task)
    )
