"""An embedding model says how like texts are."""

from __future__ import annotations

from collections.abc import Sequence

from smena.values import JSON

from smena_llm.calls import Embedder, Overflow
from smena_llm.config import CallConfig, behaviour


class SimilarityConfig(CallConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings ``[similarity.llm]``."""


class LlmSimilarity:
    """Of a text longer than the model takes, as much of its beginning counts as it does take, by halves."""

    Config = SimilarityConfig
    version = 1

    def __init__(self, config: SimilarityConfig | None = None) -> None:
        self.config = config or SimilarityConfig()
        self._model = Embedder(self.config)

    @property
    def identity(self) -> JSON:
        return behaviour(self.config)

    def vector(self, text: str) -> Sequence[float]:
        while True:
            try:
                return self._model.embed(text)
            except Overflow:
                if len(text) < 2:
                    raise
                text = text[: len(text) // 2]
