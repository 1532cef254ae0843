"""How like a task's text and a lesson's are, without any plugin: TF-IDF and cosine, for tasks that are told in
words.

scikit-learn is imported when this is first used: it is part of the extra ``llm``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from smena.errors import BadInput
from smena.values import JSON, Body, Fact

Likeness = Callable[[str, Sequence[str]], list[float]]
"""How like a text each of others is, in [0, 1]."""


def text_of(body: Body) -> str:
    """What a lesson says."""
    if isinstance(body, Fact):
        return f"{body.entity} {body.attribute} {body.value}"
    return " ".join((body.name, *body.triggers, *body.steps, getattr(body, "failure_mode", ""))).strip()


def words_of(view: JSON) -> str:
    """All that is words in a task's view; numbers say nothing here."""
    return " ".join(_strings(view))


def _strings(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)


def likeness(text: str, others: Sequence[str]) -> list[float]:
    """Cosine of TF-IDF vectors, in [0, 1], of a text with each of others. A word that is in few of them counts
    for more; texts without a word in common are 0 alike.

    Raises BadInput where scikit-learn is missing."""
    if not text.strip() or not any(other.strip() for other in others):
        return [0.0] * len(others)
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        raise BadInput(
            "similarity = \"text\" needs scikit-learn: `pip install 'smena[llm]'`, or --set similarity=features"
        ) from None
    vectors = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", sublinear_tf=True)
    try:
        made = vectors.fit_transform([*others, text])
    except ValueError:  # no word in any of them
        return [0.0] * len(others)
    return [min(1.0, float(x)) for x in (made[:-1] @ made[-1].T).toarray().ravel()]
