"""Verdicts: what is not there never passes, and the reason says what was found."""

import json
import math
from pathlib import Path

import polars as pl
import pytest

from deskgate.case.findings import Metric, metrics_frame
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.config.bot import Mode
from deskgate.config.errors import RunError
from deskgate.gates.bounds import Bounds
from deskgate.gates.evaluation import Status, Verdict, evaluate, read_verdicts, verdicts_frame, write_verdicts
from deskgate.gates.suites import About, Below, Entry, Suite, SuiteMeta
from desks import INTERVALS, bot, desk

SPECS = {"risk": {"loss": MetricSpec("loss", "share", EVERY_BOT, "doc")}}


def suite(**bounds: object) -> Suite:
    about = About(entry="loss", title="Loss", why="why", what_to_do="do")
    entry = Entry(
        type="expect_metric_within_bounds",
        severity="critical",
        kwargs=Bounds.model_validate({"metric": "loss", "min_sample": 2, **bounds}),
        meta=about,
    )
    about_suite = SuiteMeta(title="Risk", notebook="05", intervals=INTERVALS)
    return Suite(name="risk", meta=about_suite, expectations=[entry])


def judge(metrics: list[Metric], **bounds: object) -> dict[str, Verdict]:
    two = desk(bot("b1"), bot("b2"), bot("b9", Mode.DISABLED))
    found = evaluate({"risk": suite(**bounds)}, metrics_frame("risk", metrics), two, specs=SPECS)
    return {verdict.subject: verdict for verdict in found}


def metric(value: float | None, who: str = "b1", sample: int = 2, note: str | None = None) -> Metric:
    return Metric(who, "loss", value, sample, note)


@pytest.mark.parametrize(
    ("value", "bounds", "status"),
    [
        (0.5, {"max_value": 0.5}, Status.PASS),
        (0.5000001, {"max_value": 0.5}, Status.FAIL),
        (0.5, {"max_value": 0.5, "strict_max": True}, Status.FAIL),
        (0.5, {"min_value": 0.5}, Status.PASS),
        (0.4999999, {"min_value": 0.5}, Status.FAIL),
        (0.5, {"min_value": 0.5, "strict_min": True}, Status.FAIL),
        (0.0, {"min_value": 0, "max_value": 0}, Status.PASS),
        (None, {"max_value": 0.5}, Status.INSUFFICIENT),
        (math.nan, {"max_value": 0.5}, Status.INSUFFICIENT),
        (math.inf, {"max_value": 0.5}, Status.INSUFFICIENT),
        (-math.inf, {"max_value": 0.5}, Status.INSUFFICIENT),
    ],
)
def test_value_against_its_bound(value: float | None, bounds: dict[str, object], status: Status) -> None:
    assert judge([metric(value), metric(0.5, "b2")], **bounds)["b1"].status is status


@pytest.mark.parametrize(
    ("interval", "status", "reason"),
    [
        ((-1, 1), Status.PASS, "0 (-100 to 100) %, bound -100 .. 100 %"),
        ((-1.1, 1), Status.INSUFFICIENT, "0 (-110 to 100) %, bound -100 .. 100 %"),
        ((-1, 1.1), Status.INSUFFICIENT, "0 (-100 to 110) %, bound -100 .. 100 %"),
        ((1, 3), Status.INSUFFICIENT, "0 (100 to 300) %, bound -100 .. 100 %"),
        ((1.1, 3), Status.FAIL, "0 (110 to 300) %, bound -100 .. 100 %"),
        ((-3, -1.1), Status.FAIL, "0 (-300 to -110) %, bound -100 .. 100 %"),
        ((-9, 9), Status.INSUFFICIENT, "0 (-900 to 900) %, bound -100 .. 100 %"),
        (None, Status.INSUFFICIENT, "loss was not measured for b1"),
    ],
)
def test_the_whole_interval_is_held_against_the_bounds(
    interval: tuple[float, float] | None, status: Status, reason: str
) -> None:
    found = Metric("b1", "loss", 0.0, 2, None, interval)
    verdict = judge([found], min_value=-1, max_value=1, whole_interval=True)["b1"]
    assert (verdict.status, verdict.reason) == (status, reason)


@pytest.mark.parametrize(("value", "title"), [(1.5, "Loss"), (-1.5, "Gain"), (0.0, "Loss")])
def test_a_value_below_its_bounds_is_a_finding_of_its_own(value: float, title: str) -> None:
    plain = suite(min_value=-1, max_value=1)
    entry = plain.expectations[0]
    below = Below(title="Gain", why="why it is so good", what_to_do="doubt it")
    meta = entry.meta.model_copy(update={"title": "Loss", "below": below})
    two = plain.model_copy(update={"expectations": [entry.model_copy(update={"meta": meta})]})
    (verdict,) = evaluate({"risk": two}, metrics_frame("risk", [metric(value)]), desk(bot("b1")), specs=SPECS)
    assert (verdict.title, verdict.what_to_do) == (title, "doubt it" if title == "Gain" else "do")


@pytest.mark.parametrize("metrics", [[], [metric(0.1, "b2")], [metric(0.1, "b9")]])
def test_subject_without_a_row_is_insufficient(metrics: list[Metric]) -> None:
    verdict = judge(metrics, max_value=1)["b1"]
    assert verdict.status is Status.INSUFFICIENT
    assert verdict.blocks


def test_disabled_bot_has_no_verdict() -> None:
    assert set(judge([metric(0.1, "b9")], max_value=1)) == {"b1", "b2"}


@pytest.mark.parametrize(("sample", "status"), [(1, Status.INSUFFICIENT), (2, Status.PASS)])
def test_sample_below_its_minimum_is_insufficient(sample: int, status: Status) -> None:
    assert judge([metric(0.1, sample=sample)], max_value=1)["b1"].status is status


def test_one_failing_subject_does_not_colour_another() -> None:
    got = judge([metric(2), metric(0.1, "b2")], max_value=1)
    assert (got["b1"].status, got["b2"].status) == (Status.FAIL, Status.PASS)


def test_reason_says_why_a_value_is_missing_and_bound_why_it_fails() -> None:
    got = judge([metric(None, note="no export"), metric(2, "b2")], max_value=1)
    assert got["b1"].reason == "no export"
    assert got["b2"].reason == "200 %, bound <= 100 %"


@pytest.mark.parametrize(
    ("value", "bounds", "reason"),
    [
        (0.9719, {"min_value": 0.99}, "97.19 %, bound >= 99 %"),
        (0.29, {"min_value": 0.57, "max_value": 0.58}, "29 %, bound 57 .. 58 %"),
        (1.0, {"min_value": 1.0, "max_value": 1.0}, "100 %, bound = 100 %"),
        (-0.05, {"min_value": -0.01}, "-5 %, bound >= -1 %"),
    ],
)
def test_share_is_a_percentage_in_the_reason_and_a_number_in_the_verdict(
    value: float, bounds: dict[str, float], reason: str
) -> None:
    found = judge([metric(value)], **bounds)["b1"]
    assert (found.reason, found.observed, found.unit) == (reason, value, "share")


def test_no_verdict_is_an_empty_list(tmp_path: Path) -> None:
    write_verdicts([], tmp_path / "verdicts.json")
    assert (tmp_path / "verdicts.json").read_text(encoding="utf-8") == "[]\n"


def test_file_of_verdicts_is_indented_as_json_indents(tmp_path: Path) -> None:
    found = list(judge([metric(0.1), metric(None, "b2", note='a "quoted" näme')], max_value=1).values())
    write_verdicts(found, tmp_path / "verdicts.json")
    text = (tmp_path / "verdicts.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1) + "\n"


def test_verdicts_survive_their_file(tmp_path: Path) -> None:
    found = list(judge([metric(0.1), metric(None, "b2")], max_value=1).values())
    write_verdicts(found, tmp_path / "verdicts.json")
    assert read_verdicts(tmp_path / "verdicts.json") == found
    assert verdicts_frame(found).schema["observed"] == pl.Float64
    assert verdicts_frame([]).columns == verdicts_frame(found).columns


@pytest.mark.parametrize(
    ("value", "status"), [(0.99, Status.PASS), (0.9899, Status.INSUFFICIENT), (0.0, Status.INSUFFICIENT)]
)
def test_too_little_that_was_looked_at_is_insufficient_and_not_a_failure(value: float, status: Status) -> None:
    plain = suite(min_value=0.99)
    entry = plain.expectations[0]
    covering = plain.model_copy(
        update={"expectations": [entry.model_copy(update={"meta": entry.meta.model_copy(update={"coverage": True})})]}
    )
    (verdict,) = evaluate({"risk": covering}, metrics_frame("risk", [metric(value)]), desk(bot("b1")), specs=SPECS)
    assert (verdict.status, verdict.what_to_do) == (status, "do")
    assert verdict.blocks is (status is not Status.PASS)


def test_engine_that_leaves_an_entry_out_is_an_error() -> None:
    found = metrics_frame("risk", [metric(0.1)])
    with pytest.raises(RunError, match="entry loss of b1 was not evaluated"):
        evaluate({"risk": suite(max_value=1)}, found, desk(bot("b1")), specs=SPECS, evaluator=lambda *_: {})


def test_metrics_of_an_unknown_bot_or_twice_are_an_error() -> None:
    with pytest.raises(RunError, match="the metrics name b7"):
        judge([metric(0.1, "b7")], max_value=1)
    with pytest.raises(RunError, match="twice"):
        judge([metric(0.1), metric(0.1)], max_value=1)
