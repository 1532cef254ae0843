"""Every chart as a picture: the Altair spec, SVG, PNG and PDF, in light colours, for slides and papers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from smena import BadInput
from smena.results import RunResult
from smena.results.document import Document

LIGHT = {
    "ink": "#1d2129",
    "muted": "#5c6470",
    "line": "#d9dce1",
    "accent": "#7a4fb5",
    "second": "#c2571a",
    "trusted": "#13795b",
    "candidate": "#b7791f",
    "eligible": "#4d7fb8",
    "rejected": "#b5394c",
    "proposed": "#b9bfc8",
    "deprecated": "#8d6e63",
    "collected": "#9aa1ab",
    "foundational": "#8a6fc0",
}


class PicturesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``scale`` of the PNGs; ``formats``: which of vl.json, svg, png, pdf."""

    scale: float = 2.0
    formats: tuple[str, ...] = ("vl.json", "svg", "png", "pdf")


class Pictures:
    Config = PicturesConfig
    version = 1
    files_only = True

    def __init__(self, config: PicturesConfig) -> None:
        self.config = config

    def write(self, result: RunResult | Document, out: Path | None) -> None:
        if out is None:
            raise BadInput("charts are files: say where with --charts DIRECTORY")
        out.mkdir(parents=True, exist_ok=True)
        for name, chart in _charts(result):
            self._picture(chart, out / name)

    def _picture(self, chart: Any, path: Path) -> None:
        import vl_convert

        from smena_reports.charts import STAND_INS, configured

        spec = json.dumps(configured(chart).properties(background="white").to_dict(validate=False))
        for name, colour in STAND_INS.items():
            spec = spec.replace(colour, LIGHT[name])
        makers = {
            "vl.json": lambda: (spec + "\n").encode(),
            "svg": lambda: vl_convert.vegalite_to_svg(spec).encode(),
            "png": lambda: vl_convert.vegalite_to_png(spec, scale=self.config.scale),
            "pdf": lambda: vl_convert.vegalite_to_pdf(spec),
        }
        for ending in self.config.formats:
            if ending not in makers:
                raise BadInput(f"[report.charts]: unknown format {ending!r}; known: {', '.join(makers)}")
            path.with_name(f"{path.name}.{ending}").write_bytes(makers[ending]())


def _charts(result: RunResult | Document) -> Iterable[tuple[str, Any]]:
    from smena_reports import charts, document_charts
    from smena_reports.data import as_document
    from smena_reports.sections import PATHS_DRAWN

    with charts.unvalidated():
        for section in as_document(result).sections:
            drawn = document_charts.draw(section.chart) if section.chart else None
            if drawn is not None:
                yield section.id, drawn
        if isinstance(result, RunResult) and result.evidence:
            yield "evidence", charts.evidence(result.evidence[:PATHS_DRAWN])
