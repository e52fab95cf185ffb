"""A calibration as text and JSON: what is proposed, its cost, and what a reader must know."""

import json
from datetime import date
from functools import partial

import numpy as np

from calibration_histories import suites_with, the_history
from deskgate.gates.calibration.costs import alarms_together, alarms_without, folds_of, powers
from deskgate.gates.calibration.propose import propose
from deskgate.gates.calibration.result import Calibrated, Calibration, Noticed
from deskgate.reports.calibration_report import CalibrationReport
from deskgate.reports.charts.power import power_curves
from deskgate.reports.pages.svg import svg_document

GAP = ("event_store", "gap_x")


def a_report(days: int = 60) -> CalibrationReport:
    """Return the report of one entry whose clean days are far within its bound."""
    drawn = (1 + 0.1 * np.random.default_rng(3).exponential(size=days)).tolist()
    suites = suites_with(GAP)
    history = the_history({GAP: [{"b1": each} for each in drawn]}, suites)
    proposing = partial(propose, suites=suites, floor=suites, per_month=1.0)
    folds = folds_of(history, proposing)
    entry = Calibrated(proposing(history)[0], drawn, 0, *alarms_without(history, folds)[0], powers(history, folds, 0))
    noticed = [Noticed(history.days[0], bot, "late", 20, "s", (), ("event_store#gap_x",)) for bot in ("b1", "b2")]
    found = Calibration(
        per_month=1.0,
        days=history.days,
        not_clean={"a STOP": [date(2026, 5, 1)]},
        left_out={},
        notes=["measured by other code"],
        entries=[entry],
        chosen={"a rule, not calibrated": ["event_store#events"]},
        blocking=alarms_together(history, folds, blocks=True),
        warning=alarms_together(history, folds, blocks=False),
        records=noticed,
    )
    return CalibrationReport("desk", "suites", found, "- 6\n+ 2\n")


def test_proposed_bound_stands_with_its_costs() -> None:
    proposed, power, kept, records = a_report().tables()
    (row,) = proposed.rows
    assert row[:3] == ["event_store#gap_x", "critical", "<= 6"]
    assert row[3].startswith("<= 1.")
    # Of 6 sizes on 60 days the present bound notices the largest two alone.
    assert row[7].endswith(" of 360")
    assert int(row[7].split()[0]) > int(row[8].split()[0])
    assert power.rows[0][-1].endswith("100% -> 100%")
    assert kept.rows == []
    assert records.rows == [["late", "20 s", "2", "0", "2", "event_store#gap_x"]]


def test_too_few_days_are_in_the_other_table() -> None:
    proposed, _, kept, _ = a_report(5).tables()
    assert proposed.rows == []
    assert kept.rows[0][-1].startswith("not enough days: 5 clean days")


def test_remarks_name_the_days_and_how_it_was_counted() -> None:
    remarks = "\n".join(a_report().remarks)
    for part in (
        "clean days: 2026-05-04 to",
        "not clean, a STOP: 2026-05-01",
        "a rule, not calibrated: 1 entry",
        "other weeks",
    ):
        assert part in remarks


def test_json_and_markdown_hold_the_diff() -> None:
    report = a_report()
    content = json.loads(json.dumps(report.as_json()))
    assert (content["diff"], len(content["entries"][0]["values"]), content["days"][0]) == (
        "- 6\n+ 2\n",
        60,
        "2026-05-04",
    )
    assert report.as_markdown().endswith("````diff\n- 6\n+ 2\n````")
    assert report.summary.endswith("(asked: 1); nothing was changed")


def test_chart_draws_the_power_of_the_proposed_bounds() -> None:
    powers = a_report().powers()
    assert powers.height == 12
    assert powers.filter(bound="proposed", part=2.0)["noticed"].to_list() == [1.0]
    drawn = power_curves(powers).to_dict()
    assert drawn["description"].endswith("of 1 entry.")
    assert svg_document(drawn).count("<path") > 2
    assert "No bound is proposed" in str(power_curves(a_report(5).powers()).to_dict())
