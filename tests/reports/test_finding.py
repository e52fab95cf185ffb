from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from deskgate.reports.finding import find
from deskgate.reports.gate_view import GateView

NOON = datetime(2026, 5, 4, 12, 44, tzinfo=UTC)
COLUMNS = ["gate", "check", "title", "subject", "severity", "status", "reason", "what_to_do", "stop"]


def verdicts(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """One verdict for each check, subject, severity and status."""
    return pl.DataFrame(
        [
            ("reconciliation", check, f"The {check}", who, severity, status, f"of {who}", "Mend it.", False)
            for check, who, severity, status in rows
        ],
        schema=COLUMNS,
        orient="row",
    )


def breaks(*rows: tuple[str, str, str | None, str]) -> pl.DataFrame:
    """One break for each kind, bot, value and status."""
    return pl.DataFrame(
        [(kind, bot, NOON, None if value is None else Decimal(value), status) for kind, bot, value, status in rows],
        schema={
            "kind": pl.String,
            "bot": pl.String,
            "ts": pl.Datetime("us", "UTC"),
            "value_quote": pl.Decimal(38, 18),
            "status": pl.String,
        },
        orient="row",
    )


PASSED = ("fees", "b1", "critical", "PASS")


@pytest.mark.parametrize(
    ("rows", "status", "sentence"),
    [
        ([], "INSUFFICIENT", "No check of this gate has run: nothing is known."),
        ([PASSED], "PASS", "The only check passes."),
        ([PASSED, ("x", "b1", "critical", "WAIVED")], "WAIVED", "All 2 checks pass, 1 of them by a waiver."),
        (
            [PASSED, ("x", "b2", "critical", "FAIL")],
            "FAIL",
            "1 of 2 checks fails (1 blocks a GO). Worst: b2: The x: of b2.",
        ),
        (
            [("w", "b1", "warning", "FAIL"), ("y", "portfolio", "critical", "INSUFFICIENT"), PASSED],
            "FAIL",
            "1 of 3 checks fails and 1 lacks evidence (1 blocks a GO). Worst: The y: of portfolio.",
        ),
        (
            [("y", "b1", "info", "INSUFFICIENT"), PASSED],
            "INSUFFICIENT",
            "1 of 2 checks lacks evidence (none blocks a GO). Worst: b1: The y: of b1.",
        ),
    ],
)
def test_finding_counts_and_names_the_worst(rows: list[tuple[str, str, str, str]], status: str, sentence: str) -> None:
    found = find(verdicts(*rows), breaks())
    assert (found.status, found.sentence) == (status, sentence)


def test_worst_of_failures_is_what_open_breaks_are_worth_most() -> None:
    failed = verdicts(*((check, "b1", "critical", "FAIL") for check in ("cheap", "dear", "settled")))
    known = breaks(("cheap", "b1", "2", "open"), ("dear", "b1", "12.4", "open"), ("settled", "b1", "99", "accepted"))
    said = find(failed, known, quote="USDT").sentence
    assert said.endswith("Worst: b1: The dear, 1 break worth 12.40 USDT, since 2026-05-04 12:44 UTC.")


def test_breaks_of_unknown_value_are_worth_at_least_what_is_known() -> None:
    failed = verdicts(("x", "b1", "critical", "FAIL"))
    said = find(failed, breaks(("x", "b1", None, "open"), ("x", "b1", "3", "open")), quote="USDT").sentence
    assert "2 breaks worth at least 3.00 USDT, since" in said
    assert "1 break of unknown value, since" in find(failed, breaks(("x", "b1", None, "open"))).sentence


def test_gate_shows_what_did_not_pass_and_folds_the_rest() -> None:
    rows = verdicts(PASSED, ("x", "b1", "critical", "FAIL"), ("x", "<b>", "critical", "FAIL"))
    made, notes = GateView(rows, find(rows, breaks(), gate="reconciliation"))._repr_mimebundle_()
    html = made["text/html"]
    assert '<strong id="v-reconciliation-x-b1">b1</strong>' in html
    assert "&lt;b&gt;</strong>" in html
    assert html.index("The x") < html.index("<summary>1 check passed</summary>") < html.index("The fees")
    assert notes["deskgate"]["wrong"] is True
    assert notes["deskgate"]["finding"]["gate"] == "reconciliation"
