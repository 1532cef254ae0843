"""Pictures: one path a colour, a title for those who do not see it, an outline where the answer is wrong."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena_arc.draw import PALETTE, text
from smena_arc.environment import Arc

SVG = "{http://www.w3.org/2000/svg}"
GRIDS = st.integers(1, 6).flatmap(
    lambda w: st.lists(st.lists(st.integers(0, 9), min_size=w, max_size=w), min_size=1, max_size=6)
)


def parse(value: Any) -> ElementTree.Element:
    return ElementTree.fromstring(Arc().draw(value))


def fills(root: ElementTree.Element) -> list[str]:
    return [p.get("fill", "") for p in root.iter(f"{SVG}path") if p.get("fill") in PALETTE]


@given(GRIDS)
def test_one_path_a_colour_and_a_title(grid: list[list[int]]) -> None:
    root = parse(grid)
    assert fills(root) == [PALETTE[c] for c in sorted({c for row in grid for c in row})]
    assert root.get("role") == "img"
    assert f"{len(grid)} rows and {len(grid[0])} columns" in (root.findtext(f"{SVG}title") or "")


def test_a_pair_stands_side_by_side_and_a_list_of_pairs_below_each_other() -> None:
    pair = {"input": [[1, 2]], "output": [[2, 1]]}
    one, three = parse(pair), parse([pair, pair, pair])
    assert int(three.get("width", 0)) == int(one.get("width", 0))
    assert int(three.get("height", 0)) > 2 * int(one.get("height", 0))
    assert [t.text for t in one.iter(f"{SVG}title")][1].startswith("input: grid of 1 rows")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("answer", "outlined"), [([[1, 2], [3, 4]], False), ([[1, 2], [3, 5]], True), ([[1, 2]], True)]
)
def test_the_answer_is_outlined_where_it_is_wrong(answer: Any, outlined: bool) -> None:
    drawn = Arc().draw({"answer": answer, "expected": [[1, 2], [3, 4]]})
    assert ("#e6007a" in drawn) is outlined


@pytest.mark.parametrize(
    "value", [None, [], {}, "a<b>", 3, [[1], [2, 3]], [[99]], {"a<b": None}, [[[[1]]], []], [None]]
)
def test_anything_else_is_an_empty_box(value: Any) -> None:
    assert any(t.text for t in parse(value).iter(f"{SVG}title"))


@given(GRIDS)
def test_two_rows_a_line_in_a_terminal(grid: list[list[int]]) -> None:
    lines = text(grid).plain.split("\n")
    assert lines == ["▀" * len(grid[0])] * ((len(grid) + 1) // 2)
