"""JUnit XML, as any test runner may write it, read without trust: no document type, no entity, no more than a
few megabytes."""

from __future__ import annotations

from xml.parsers import expat

MAX_BYTES = 16 << 20
_WORSE = {"passed": 0, "skipped": 1, "failed": 2, "error": 3}


def read_junit(data: bytes) -> dict[str, str]:
    """Test → passed, failed, error or skipped; a test is named ``classname::name``, and one that is there
    twice has the worse result. Raises ValueError for what is no JUnit XML, or tries to be more than that."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"a report of {len(data):,} bytes")
    results: dict[str, str] = {}
    open_case = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal open_case
        tag = tag.rpartition("}")[2]
        if tag == "testcase":
            open_case = "::".join(p for p in (attributes.get("classname"), attributes.get("name")) if p)
            results.setdefault(open_case, "passed")
        elif open_case and (found := {"failure": "failed", "error": "error", "skipped": "skipped"}.get(tag)):
            results[open_case] = max(results[open_case], found, key=_WORSE.__getitem__)

    def end(tag: str) -> None:
        nonlocal open_case
        if tag == "testcase":
            open_case = ""

    def refuse(*_: object) -> None:
        raise ValueError("it declares a document type or entities, which no test report does")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"no XML: {error}") from None
    return results
