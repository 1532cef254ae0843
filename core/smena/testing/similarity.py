"""The contract of what says how like texts are: a vector for every text, all of one length."""

from __future__ import annotations

from typing import Any

import numpy as np

from smena.errors import BadInput, InfraError
from smena.testing.base import Contract, DoesNotApply, ensure, guarded
from smena.vectors import packed, unpacked

TEXTS = (
    "put a hot egg on the table",
    "heat the egg in the microwave",
    "x",
    "¿qué? 日本語 🙂",
    "one line\nand another\t" + "word " * 500,
)


class SimilarityContract(Contract):
    """What every similarity keeps. How well it orders lessons is seen in a run's held-out accuracy."""

    kind = "similarity"

    def test_every_text_has_a_vector(self) -> None:
        """Finite numbers, not all 0, as many for one text as for another; text of any language and length."""
        similarity = self.make()
        sizes = {text[:20]: len(self._vector(similarity, text)) for text in TEXTS}
        ensure(len(set(sizes.values())) == 1, f"vectors of different texts have different lengths: {sizes}")

    def test_a_text_is_most_like_itself(self) -> None:
        """Asked again, the vector of a text is nearer to its first than that of another text is. (It need not be
        the same: the store keeps the first.)"""
        similarity = self.make()
        first, other, again = (self._vector(similarity, TEXTS[n]) for n in (0, 3, 0))
        ensure(
            float(first @ again) > float(first @ other),
            "asked twice for the vector of one text, it gives two that are no more like than those of two texts",
        )

    def _vector(self, similarity: Any, text: str) -> np.ndarray:
        where = f"vector({text[:20]!r})"
        try:
            made = guarded(where, similarity.vector, text, allowed=(BadInput, InfraError))
        except (BadInput, InfraError) as error:
            ensure(len(str(error)) > 20, f"{where}: its error says too little: {error}")
            raise DoesNotApply(f"it says that it cannot work here: {error}") from None
        return unpacked(guarded(f"packing what {where} returned", packed, made))
