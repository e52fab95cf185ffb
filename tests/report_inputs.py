"""What the report tests share: a decision, what a day was assessed with, small verdicts, and notebooks made on the spot."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import rfc8785

from deskgate.assessment.artifacts import DayInputs, StoreState
from deskgate.reports.pages.index_page import write_index
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.summaries import summarise
from desks import INTERVALS, RISK


def decision(**changes: Any) -> dict[str, Any]:
    """Return the content of a decision.json: HOLD, with one blocker."""
    return {
        "decision": "HOLD",
        "desk": "fleet",
        "date": "2026-05-04",
        "as_of": "2026-05-05T00:00:00Z",
        "expires_at": "2026-05-06T06:00:00+00:00",
        "provisional": False,
        "blockers": [
            {
                "gate": "parity",
                "check": "fill_ratio",
                "title": "Fill ratio",
                "subject": "b1",
                "severity": "critical",
                "status": "FAIL",
                "observed": 0.05,
                "bound": "<= 0.03",
                "unit": "ratio",
                "sample": 1200,
                "reason": "b1 filled <script>alert(1)</script> less than its shadow.",
                "what_to_do": "Compare b1's order log with b3's.",
                "stop": False,
                "evidence": "metrics/parity.parquet",
                "expectation": "parity#1",
            }
        ],
        "bots": {"b1": "live"},
        "counts": {"PASS": 3, "FAIL": 1, "INSUFFICIENT": 0, "WAIVED": 0},
        "evidence": [{"path": "metrics/parity.parquet", "sha256": "ab" * 32}],
        "inputs": {"tables": {"fills": 12}},
        "bundle_id": "cd" * 32,
        "previous": None,
        "failures": [],
    } | changes


def day_inputs(day: date, **changes: Any) -> DayInputs:
    """Return what a day of the desk `fleet` was assessed with, at its end: nothing stored, no suites."""
    content = {
        "desk": "fleet",
        "date": day,
        "as_of": datetime.combine(day, time(), UTC) + timedelta(days=1),
        "store": StoreState(location="store", versions={}),
        "suites": {},
        "config": {},
        "code": "c",
        "intervals": INTERVALS.model_dump(),
        "risk": RISK.model_dump(),
    }
    return DayInputs.model_validate(content | changes)


def of_before(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision as it was made before there was an audit trail: without a checkpoint, `bundle_id` is of all of it."""
    rest = {name: value for name, value in content.items() if name not in ("checkpoint", "run_id", "bundle_id")}
    return {**rest, "bundle_id": sha256(rfc8785.dumps(rest)).hexdigest()}


VERDICTS = pl.DataFrame(
    [
        ("soak", "b1", "PASS", "critical"),
        ("parity", "portfolio", "PASS", "info"),
        ("parity", "b1", "PASS", "critical"),
        ("parity", "b1", "FAIL", "critical"),
        ("parity", "b1", "INSUFFICIENT", "warning"),
    ],
    schema=["gate", "subject", "status", "severity"],
    orient="row",
).with_columns(title=pl.lit("A check"), stop=False, reason=pl.lit("because of <b>this</b>"))


def write_notebook(path: Path, *cells: str, parameters: str = "", outputs: tuple[Any, ...] = ()) -> Path:
    """Write a notebook: what begins with `# ` is markdown, all else is code; `outputs` are those of a last cell."""
    v4 = nbformat.v4
    made = [v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})] if parameters else []
    made += [v4.new_markdown_cell(cell) if cell.startswith("#") else v4.new_code_cell(cell) for cell in cells]
    if outputs:
        made.append(v4.new_code_cell("shown", outputs=list(outputs)))
    nbformat.write(v4.new_notebook(cells=made), path)
    return path


def display(**data: Any) -> Any:
    """Return a display output; `text_html` stands for text/html."""
    return nbformat.v4.new_output("display_data", data={key.replace("_", "/"): value for key, value in data.items()})


def index_of(out: Path, later: Later | None = None) -> str:
    """Write the index over the days in `out` and return it."""
    known = later or Later.read(out)
    return write_index(out, known, summarise(out, known)).read_text(encoding="utf-8")
