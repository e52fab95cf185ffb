"""The first numbers of a day: what is known as it stands, and a dash with its reason for what is not."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.reports.daily_report.section import DailyReport, Part, Section
from deskgate.reports.pages.key_figures import KeyFigure, key_figures
from report_inputs import day_inputs

SCHEMA = {"subject": pl.String, "number": pl.String, "now": pl.Float64, "change": pl.Float64, "unit": pl.String}
SCHEMA |= {"note": pl.String}
PNL = {"realized_quote": 3.0, "fees_quote": 1.0, "funding_quote": -0.25, "unrealized_quote": 0.5}


def _report(*rows: tuple[object, ...], before: str = "") -> DailyReport:
    part = Part("", rows=pl.DataFrame([("portfolio", *row) for row in rows], schema=SCHEMA, orient="row"))
    section = Section("numbers", "Metrics before and after", (part,))
    compared = Section("changes", "What changed", (Part("Decision", (before,)),))
    return DailyReport("fleet", "2026-05-04", "2026-05-05T00:00:00Z", "HOLD", (section, compared))


def _artifacts(folder: Path, *, in_the_book: str = "yes", because: str | None = None, **pnl: Any) -> DayArtifacts:
    day = day_inputs(date(2026, 5, 4))
    views = {
        "risk_bots": {"bot": ["b1"], "in_the_book": [in_the_book], "equity": [None], "because": [because]},
        "pnl": {"bot": ["b1", "b1"], "ts": [2, 1]} | {name: [value, 99.0] for name, value in (PNL | pnl).items()},
    }
    for name, columns in views.items():
        pl.DataFrame(columns, schema_overrides={"because": pl.String, "equity": pl.Float64}).write_parquet(
            folder / f"{name}.parquet"
        )
    files = {name: f"{name}.parquet" for name in views}
    return DayArtifacts(folder=folder, inputs=day, metrics_files={}, view_files=files)


def _verdict(check: str, observed: float | None, *, subject: str = "portfolio", **changes: Any) -> dict[str, Any]:
    gate = "soak" if check == "soak_clean_h" else "portfolio_risk"
    known = {"gate": gate, "check": check, "subject": subject, "observed": observed, "status": "PASS"}
    return known | {"bound": ">= 24", "unit": "h", "reason": "no minute record"} | changes


def _by_name(figures: list[KeyFigure]) -> dict[str, KeyFigure]:
    return {each.name: each for each in figures}


def test_nothing_known_is_a_dash_with_its_reason_and_never_0() -> None:
    found = key_figures(None, None, pl.DataFrame())
    assert len(found) == 5
    assert {each.value for each in found} == {"—"}
    assert all(each.note for each in found)


def test_net_pnl_has_its_split_where_it_adds_up(tmp_path: Path) -> None:
    report = _report(("Equity", 506.856, 1.25, "USDT", None), ("Net PnL of the day", 2.25, 0.1, "USDT", None))
    found = _by_name(key_figures(_artifacts(tmp_path), report, pl.DataFrame()))
    assert (found["Equity"].value, found["Equity"].note) == ("506.86", "+1.25 since the run before")
    assert found["Net PnL"].value == "+2.25"
    assert found["Net PnL"].note == "gross +3, fees −1, funding −0.25, unrealised +0.5"  # noqa: RUF001


@pytest.mark.parametrize("pnl", [{"fees_quote": 2.0}, {"fees_quote": None}])
def test_split_that_does_not_add_up_is_not_shown(tmp_path: Path, pnl: dict[str, Any]) -> None:
    report = _report(("Net PnL of the day", 2.25, None, "USDT", None))
    found = _by_name(key_figures(_artifacts(tmp_path, **pnl), report, pl.DataFrame()))
    assert found["Net PnL"].note == "its split is not known"


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"because": "b1 has no opening"}, "b1 has no opening"),
        ({"in_the_book": "no"}, "no bot of this desk trades with money of its own"),
    ],
)
def test_equity_that_is_not_known_says_why(tmp_path: Path, changes: dict[str, str], note: str) -> None:
    equity = _by_name(key_figures(_artifacts(tmp_path, **changes), _report(), pl.DataFrame()))["Equity"]
    assert (equity.value, equity.note) == ("—", note)


@pytest.mark.parametrize(
    ("count", "worth", "value", "note"),
    [
        (0.0, (0.0, None), "0", "nothing is open"),
        (3.0, (65.46, None), "3", "records of 65.46 USDT differ; no loss"),
        (3.0, (None, "now: at least 60"), "3", "value not known: now: at least 60"),
        (None, (None, None), "—", "the legs were not compared"),
    ],
)
def test_open_breaks_and_what_they_are_worth(
    count: float | None, worth: tuple[float | None, str | None], value: str, note: str
) -> None:
    rows = ("Open breaks", count, None, "breaks", None), ("Value of open breaks", worth[0], None, "USDT", worth[1])
    found = _by_name(key_figures(None, _report(*rows), pl.DataFrame()))["Open breaks"]
    assert (found.value, found.note) == (value, note)


def test_least_soak_and_drawdown_in_percent() -> None:
    bounds = {"bound": "<= 0.1", "unit": "of equity"}
    rows = [
        _verdict("soak_clean_h", 47.0, subject="b1"),
        _verdict("soak_clean_h", 3.0, subject="b2", status="FAIL"),
        _verdict("drawdown_share", 0.035, **bounds),
    ]
    found = _by_name(key_figures(None, None, pl.DataFrame(rows)))
    soak, drawdown = found["Clean soak"], found["Drawdown"]
    assert (soak.value, soak.note, soak.colour) == ("3", "the least, b2's; bound ≥ 24", "fail")
    assert (drawdown.value, drawdown.unit, drawdown.note) == ("3.50", "%", "of equity; bound ≤ 10")


def test_soak_that_one_bot_cannot_show_is_a_dash() -> None:
    rows = [_verdict("soak_clean_h", 47.0, subject="b1"), _verdict("soak_clean_h", None, subject="b2")]
    soak = _by_name(key_figures(None, None, pl.DataFrame(rows)))["Clean soak"]
    assert (soak.value, soak.note) == ("—", "no minute record")


@pytest.mark.parametrize(
    ("first", "second", "value", "note", "colour"),
    [
        # What fails is shown, whatever is not known of the other.
        (("FAIL", 3.0), ("INSUFFICIENT", None), "3", "the least, b1's; bound ≥ 24; not known of b2", "fail"),
        (("FAIL", 3.0), ("WAIVED", None), "3", "the least, b1's; bound ≥ 24; waived of b2; not known of b2", "fail"),
        # What blocks is shown before what is waived.
        (("WAIVED", 3.0), ("FAIL", 6.0), "6", "the least, b2's; bound ≥ 24; waived of b1", "fail"),
        (("PASS", 30.0), ("INSUFFICIENT", None), "—", "no minute record", "insufficient"),
        (("FAIL", None), ("PASS", 30.0), "—", "no minute record", "fail"),
        (("WAIVED", 3.0), ("PASS", 30.0), "3", "the least, b1's; bound ≥ 24", "waived"),
    ],
)
def test_worst_status_gives_the_value_and_its_tone(
    first: tuple[str, float | None], second: tuple[str, float | None], value: str, note: str, colour: str
) -> None:
    bots = (("b1", *first), ("b2", *second))
    rows = [_verdict("soak_clean_h", observed, subject=bot, status=status) for bot, status, observed in bots]
    soak = _by_name(key_figures(None, None, pl.DataFrame(rows)))["Clean soak"]
    assert (soak.value, soak.note, soak.colour) == (value, note, colour)


@pytest.mark.parametrize(
    ("before", "note"),
    [
        ("Compared with 2026-05-03, the last run on record.", "not known on 2026-05-03, the run before"),
        ("No run of the 30 days before this one can be used.", "no run before it to compare with"),
    ],
)
def test_equity_that_the_run_before_does_not_have_says_so(tmp_path: Path, before: str, note: str) -> None:
    report = _report(("Equity", 506.856, None, "USDT", None), before=before)
    assert _by_name(key_figures(_artifacts(tmp_path), report, pl.DataFrame()))["Equity"].note == note


def test_run_without_verdicts_has_no_numbers_and_not_no_bots() -> None:
    none = pl.DataFrame([_verdict("soak_clean_h", 1.0)]).clear()
    found = _by_name(key_figures(None, None, none))
    assert {found[name].note for name in ("Clean soak", "Drawdown")} == {"the run ended before there were numbers"}
    other = pl.DataFrame([_verdict("other", 1.0)])
    assert _by_name(key_figures(None, None, other))["Clean soak"].note == "no bot is judged by it"


@pytest.mark.parametrize(
    ("changes", "value", "bound"),
    [
        ({"observed": 23.996}, "23.996", "≥ 24"),
        ({"observed": 23.99999999}, "23.99999999", "≥ 24"),
        ({"observed": 24.0, "status": "PASS"}, "24", "≥ 24"),
    ],
)
def test_fail_does_not_read_like_its_bound(changes: dict[str, Any], value: str, bound: str) -> None:
    row = _verdict("soak_clean_h", None, status="FAIL") | changes
    soak = _by_name(key_figures(None, None, pl.DataFrame([row])))["Clean soak"]
    assert (soak.value, soak.note) == (value, f"of equity; bound {bound}")


@pytest.mark.parametrize(("observed", "value"), [(0.070004, "7.0004"), (0.07, "7")])
def test_share_that_fails_does_not_read_like_its_bound(observed: float, value: str) -> None:
    row = _verdict("drawdown_share", observed, status="FAIL", bound="<= 0.07", unit="of equity")
    drawdown = _by_name(key_figures(None, None, pl.DataFrame([row])))["Drawdown"]
    assert (drawdown.value, drawdown.note) == (value, "of equity; bound ≤ 7")
