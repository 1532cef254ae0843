"""The built-in forms keep the contract that a stranger's form must keep."""

from smena.testing import ReportContract


class TestCsv(ReportContract):
    name = "csv"


class TestParquet(ReportContract):
    name = "parquet"


class TestLatex(ReportContract):
    name = "latex"


class TestCharts(ReportContract):
    """PDFs are left out: the renderer numbers their objects anew each time."""

    name = "charts"
    settings = {"formats": ["vl.json", "svg", "png"]}  # noqa: RUF012
