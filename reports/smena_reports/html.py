"""One self-contained HTML page: works offline, in light and dark, by keyboard and screen reader, and on
paper."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
from smena.results import RunResult
from smena.results.document import Document, Section


class HtmlConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``lessons``: at most so many items are shown whole, trusted ones first; ``listed``: at most so many
    others in a row each."""

    lessons: int = 60
    listed: int = 400


class Html:
    Config = HtmlConfig
    version = 1

    def __init__(self, config: HtmlConfig) -> None:
        self.config = config

    def write(self, result: RunResult | Document, out: Path | None) -> None:
        page = _document(result) if isinstance(result, Document) else self._page(result)
        if out:
            out.write_text(page, encoding="utf-8")
        else:
            sys.stdout.write(page)

    def _page(self, result: RunResult) -> str:
        from smena.results.run_more import more

        from smena_reports import charts, lessons, sections, words

        templates, css = _templates()
        templates.filters["seconds"] = words.seconds
        whole = [i for i in result.items if i.state in ("trusted", "deprecated", "candidate")]
        shown = whole[: self.config.lessons]
        rest = [i for i in result.items if i not in shown]
        draw = lessons.drawer(result) if shown else None
        with charts.unvalidated():
            told = {section.id: _section(section) for section in more(result)}
        page: str = templates.get_template("report.html.j2").render(
            result=result,
            words=words,
            css=css,
            cards=_cards(result),
            sentences=words.headline(result),
            figures=sections.figures(result),
            more=told,
            shown=[lessons.lesson(i, draw) for i in shown],
            reasons=lessons.reasons(rest),
            listed=lessons.rows(rest[: self.config.listed]),
            unlisted=max(0, len(rest) - self.config.listed),
            config=json.dumps(result.run.config, indent=2, ensure_ascii=False),
            purposes=_purposes(),
        )
        return page


def _templates() -> tuple[Any, Any]:
    """The templates, and the style sheet that goes into the page."""
    import jinja2
    from markupsafe import Markup

    loader = jinja2.PackageLoader("smena_reports")
    templates = jinja2.Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    templates.filters["svg"] = Markup
    return templates, Markup(loader.get_source(templates, "report.css")[0])


def _document(document: Document) -> str:
    from smena_reports import charts

    templates, css = _templates()
    with charts.unvalidated():
        sections = [_section(section) for section in document.sections]
    page: str = templates.get_template("document.html.j2").render(
        document=document, sections=sections, css=css
    )
    return page


def _section(section: Section) -> dict[str, Any]:
    from smena_reports import cells, charts, document_charts

    drawn = document_charts.draw(section.chart) if section.chart else None
    return {
        "id": section.id,
        "title": section.title,
        "says": section.says,
        "svg": charts.svg(drawn) if drawn is not None else "",
        "alt": section.chart.alt if section.chart else "",
        "heads": cells.heads(section),
        "rows": cells.rows(section),
        "kinds": [c.kind in cells.ALIGNED for c in section.columns],
        "open": drawn is None or len(section.rows) <= 12,
        "sql": section.sql,
    }


def _cards(result: RunResult) -> list[dict[str, str]]:
    """The three figures that the headline is about, each a number, its interval and its n."""
    from smena_reports import words

    held, counts = result.held_out, result.states
    gain, own = held.trusted_vs_none, result.saves.rules[0] if result.saves.rules else None
    cards = [_card("lessons kept", f"{counts.get('trusted', 0)}", f"of {len(result.items)} proposed")]
    if gain.value is None or not counts.get("trusted"):
        cards.append(_card("held-out accuracy gained", "–", gain.why or "nothing is trusted"))
    else:
        interval = words.difference(gain).partition(" points")[2].strip()
        cards.append(_card("held-out accuracy gained", words.points(gain.value), f"points {interval}"))
    if own is None or own.false_share.value is None:
        why = result.saves.why if own is None else own.false_share.why
        cards.append(_card("false share of saves", "–", why))
    else:
        value, _, rest = words.share(own.false_share).partition(" ")
        cards.append(_card("false share of saves", value.rstrip(","), rest))
    return cards


def _card(label: str, value: str, of: str) -> dict[str, str]:
    return {"label": label, "value": value, "of": of}


def _purposes() -> dict[str, str]:
    from smena.results.ledger import FAMILIES

    return FAMILIES
