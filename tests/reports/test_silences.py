"""Silences of a bot: from the records alone, and which blocking verdicts they explain, one or several together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.gates.evaluation import NOTHING_TO_JUDGE, Status, Verdict
from deskgate.reports.blocking_causes import BlockingCause, Kind, blocking_causes
from deskgate.reports.silences import silences, together
from desks import END, NOON, START, bot, case, desk, fill
from reports.views.test_portfolio_risk import assessed
from verdicts import verdict

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Silent from 10:00 to 12:00.
HOURS = (*range(10), *range(12, 24))


def snapshots(hours: Sequence[int] = HOURS, name: str = "b1") -> list[dict[str, Any]]:
    minutes = (START + hour * HOUR + n * MINUTE for hour in hours for n in range(60))
    return [{"ts": at, "bot": name, "state": "running", "path": f"{name}/minute.csv"} for at in minutes]


def events(hours: Sequence[int] = HOURS) -> list[dict[str, Any]]:
    rows = snapshots(hours)
    return [
        {"ts": row["ts"], "leg": "events", "path": "e", "event_id": str(n), "event_type": "heartbeat"}
        for n, row in enumerate(rows)
    ]


def day(**rows: Any) -> Case:
    frozen = {
        "effective_at": START - 72 * HOUR,
        "recorded_at": START - 72 * HOUR,
        "by": "a",
        "why": "w",
        "digests": "{}",
    }
    return case(baselines=[frozen], **{"snapshots": snapshots(), "events": events()} | rows)


def failed(gate: str, check: str, observed: float, **changes: Any) -> Verdict:
    return verdict(Status.FAIL, **{"gate": gate, "check": check, "title": check, "observed": observed} | changes)


COVERAGE = failed("soak", "snapshot_coverage", 22 / 24)
CLEAN = failed("soak", "soak_clean_h", 12.0)


def outside(rows: Sequence[dict[str, Any]], *gaps: tuple[float, float]) -> list[dict[str, Any]]:
    return [row for row in rows if not any(START + a * HOUR <= row["ts"] < START + b * HOUR for a, b in gaps)]


def without(*gaps: tuple[float, float]) -> Case:
    """Return the day of a bot that wrote nothing within these hours."""
    return day(snapshots=outside(snapshots(range(24)), *gaps), events=[])


def causes(of: Case, *verdicts: Verdict, breaks: Sequence[dict[str, Any]] = ()) -> list[BlockingCause]:
    found: Assessment = assessed(of)
    if breaks:
        made = [{"severity": "critical", "status": "open", "break_id": f"k{n}"} | row for n, row in enumerate(breaks)]
        found = replace(found, breaks=pl.DataFrame(made, schema_overrides={"value_quote": pl.Decimal(38, 18)}))
    found.__dict__["verdicts"] = list(verdicts)
    return blocking_causes(found)


def missing(hour: float, value: str | None = "45.5", kind: str = "fill_missing_local") -> dict[str, Any]:
    return {"kind": kind, "bot": "b1", "ts": START + hour * HOUR, "value_quote": Decimal(value) if value else None}


def test_silence_is_of_all_legs_or_of_one_while_the_other_went_on() -> None:
    (both,) = silences(day())["b1"]
    assert (both.start, both.end) == (START + 10 * HOUR - MINUTE, NOON)
    assert (both.is_whole, both.is_over) == (True, True)
    whole, stream = silences(day(snapshots=snapshots(range(24))))["b1"][:2]
    assert (whole.minutes, stream.legs, stream.minutes) == (1, ("events",), 121)


def test_silence_lasts_to_the_instant_and_a_bot_without_records_has_none() -> None:
    (lasting,) = silences(day(snapshots=snapshots(range(10)), events=events(range(10))))["b1"]
    assert (lasting.end, lasting.is_over) == (END, False)
    assert silences(day(snapshots=[], events=[]))["b1"] == []


def test_what_one_silence_explains_is_one_cause_with_its_value_and_breaks() -> None:
    stop = failed("reconciliation", "fill_missing_local", 2.0, stop=True)
    (cause,) = causes(day(), stop, COVERAGE, CLEAN, breaks=[missing(10.5), missing(11)])
    assert (cause.kind, cause.verdicts, cause.value_quote) == (Kind.STOP, 3, 91.0)
    assert cause.cause.startswith(
        "b1 wrote nothing for 121 min, from 2026-05-04 09:59 to 12:00 UTC. The venue has 2 fills"
    )
    assert cause.remedy.startswith("Stop b1 and let it recover the trade history from the venue; compare the positions")
    assert "do not stop" not in cause.remedy
    assert "to 2026-05-05 12:00 UTC at least" in cause.remedy
    assert (cause.breaks, cause.since) == (("k0", "k1"), "2026-05-04T09:59:00Z")


def test_fill_outside_of_the_silence_is_another_cause_named_beside_it() -> None:
    stop = failed("reconciliation", "fill_missing_local", 2.0, stop=True)
    other, silence = causes(day(), stop, COVERAGE, breaks=[missing(10.5), missing(15)])
    assert (other.kind, other.checks) == (Kind.STOP, (("reconciliation", "fill_missing_local", "b1"),))
    assert other.meanwhile.startswith("In the same hours as: b1 wrote nothing")
    assert (silence.kind, silence.breaks, silence.meanwhile) == (Kind.FAILED, (), "")


@pytest.mark.parametrize(
    "other",
    [
        failed("soak", "snapshot_coverage", 20 / 24),
        failed("reconciliation", "wrong_side", 1.0),
        failed("soak", "snapshot_coverage", 22 / 24, subject="b2"),
        verdict(Status.INSUFFICIENT, gate="event_store", check="gap_x", observed=None, what_to_do=NOTHING_TO_JUDGE),
    ],
)
def test_what_would_fail_without_the_silence_too_stays_apart(other: Verdict) -> None:
    found = causes(day(), CLEAN, other, breaks=[missing(11, kind="wrong_side")])
    assert len(found) == 2
    assert sorted(check for each in found for check in each.checks) == sorted(
        (each.gate, each.check, each.subject) for each in (CLEAN, other)
    )


def test_fills_that_stop_no_bot_are_recovered_while_it_runs() -> None:
    (cause,) = causes(day(), failed("reconciliation", "fill_missing_local", 1.0), COVERAGE, breaks=[missing(11)])
    assert cause.kind is Kind.FAILED
    assert cause.remedy.startswith("b1 writes again: do not stop it for this. Let b1 recover the trade history")


def test_own_files_alone_keep_the_stop_the_recovery_and_the_hours() -> None:
    stop = failed("reconciliation", "fill_missing_local", 1.0, stop=True)
    (cause,) = causes(day(events=events(range(24))), stop, CLEAN, breaks=[missing(11)])
    assert (cause.kind, cause.verdicts) == (Kind.STOP, 2)
    assert "its own files alone, its stream went on" in cause.cause
    assert cause.remedy.startswith("Stop b1 and let it recover the trade history from the venue; compare the positions")
    assert "See that desk.toml names the files" in cause.remedy
    assert "to 2026-05-05 12:00 UTC at least" in cause.remedy


def test_hard_stop_that_lasted_into_a_silence_began_the_clock_anew_itself() -> None:
    rows = [row | ({"state": "hard_stop"} if row["ts"].hour == 9 else {}) for row in snapshots()]
    found = causes(day(snapshots=rows), COVERAGE, CLEAN)
    assert [each.checks[0][1] for each in found] == ["snapshot_coverage", "soak_clean_h"]
    before = [row | ({"state": "hard_stop"} if row["ts"].hour == 8 else {}) for row in snapshots()]
    assert [each.verdicts for each in causes(day(snapshots=before), COVERAGE, CLEAN)] == [2]


def test_silence_to_which_no_suite_objects_is_no_cause() -> None:
    (cause,) = causes(day(), failed("reconciliation", "fill_missing_local", 1.0), breaks=[missing(11)])
    assert (cause.subjects, cause.meanwhile) == (("b1",), "")
    assert cause.cause.startswith("b1: fill_missing_local")


def test_bot_that_is_down_is_not_to_be_stopped_and_its_ages_are_of_one_cause() -> None:
    of = day(snapshots=snapshots(range(22)), events=events(range(22)))
    age_min = 121.0
    found = causes(
        of,
        failed("portfolio_risk", "record_age_min", age_min, stop=True),
        failed("event_store", "local_age_s", age_min * 60),
        failed("event_store", "events_age_s", age_min * 60),
    )
    assert [each.verdicts for each in found] == [3]
    assert found[0].remedy.startswith("See at the host whether b1 runs")
    assert "Stop the bot" not in found[0].remedy


def test_stream_alone_has_its_own_words() -> None:
    (cause,) = causes(
        day(snapshots=snapshots(range(24)), events=events(range(22))), failed("event_store", "events_age_s", 121 * 60.0)
    )
    assert "its stream alone, its own files went on" in cause.cause
    assert "Check the MQTT bridge" in cause.remedy


TWO = ((10, 12), (15, 15.5))
COVERAGE_OF_TWO = failed("soak", "snapshot_coverage", 21.5 / 24)
STOP = failed("reconciliation", "fill_missing_local", 2.0, stop=True)


def test_each_silence_of_a_day_is_known_the_longest_first() -> None:
    assert [each.minutes for each in silences(without(*TWO))["b1"]] == [121, 31]
    # Two minutes are no more than what is usual of a bot that writes each minute; of a day without a silence the longest gap is one.
    assert [each.minutes for each in silences(without((10, 12), (15, 15 + 2 / 60)))["b1"]] == [121]
    assert [each.minutes for each in silences(without((15, 15 + 2 / 60)))["b1"]] == [3]


def test_breaks_of_two_silences_are_one_cause_that_names_both() -> None:
    (cause,) = causes(without(*TWO), STOP, COVERAGE_OF_TWO, CLEAN, breaks=[missing(11), missing(15.2)])
    assert (cause.kind, cause.verdicts, cause.breaks) == (Kind.STOP, 3, ("k0", "k1"))
    assert cause.cause == (
        "b1 wrote nothing 2 times, 152 min in all: for 121 min, from 2026-05-04 09:59 to 12:00 UTC;"
        " for 31 min, from 2026-05-04 14:59 to 15:30 UTC. The venue has 2 fills of those times that the bot's records lack"
    )
    assert cause.since == "2026-05-04T09:59:00Z"
    assert "to 2026-05-05 15:30 UTC at least" in cause.remedy


def test_break_belongs_to_the_silence_that_it_lies_in() -> None:
    one = replace(STOP, observed=1.0)
    # Without the longest silence 10 min lack, and the suite allows 14.
    of, lacks = without((10, 12), (15, 15 + 10 / 60)), failed("soak", "snapshot_coverage", 1 - 130 / 1440)
    short, long = causes(of, one, lacks, breaks=[missing(15.1)])
    assert (short.checks, long.checks) == (((one.gate, one.check, "b1"),), ((lacks.gate, lacks.check, "b1"),))
    assert short.cause.startswith(
        "b1 wrote nothing for 11 min, from 2026-05-04 14:59 to 15:10 UTC. The venue has 1 fill"
    )
    assert long.cause == "b1 wrote nothing for 121 min, from 2026-05-04 09:59 to 12:00 UTC"


# From 10:00 to 12:00 the bot wrote nothing, from 15:00 to 15:30 its stream alone went on.
OF_BOTH = day(snapshots=outside(snapshots(range(24)), *TWO), events=events())


def test_silence_of_all_legs_and_one_of_a_leg_are_one_cause_where_it_takes_both() -> None:
    (cause,) = causes(OF_BOTH, STOP, COVERAGE_OF_TWO, CLEAN, breaks=[missing(11), missing(15.2)])
    assert (cause.kind, cause.verdicts, cause.breaks) == (Kind.STOP, 3, ("k0", "k1"))
    assert cause.cause == (
        "b1 wrote nothing for 121 min, from 2026-05-04 09:59 to 12:00 UTC; b1 wrote nothing for 31 min, from 2026-05-04"
        " 14:59 to 15:30 UTC: its own files alone, its stream went on. The venue has 2 fills of those times that the bot's"
        " records lack"
    )
    assert cause.remedy.startswith("Stop b1 and let it recover the trade history from the venue")
    assert "Find out what was down: bot, host or network. See that desk.toml names the files" in cause.remedy


@pytest.mark.parametrize(
    "outside_of_both",
    [missing(20), missing(15.2, kind="fill_missing_events"), missing(11, kind="wrong_side")],
    ids=["another time", "of the leg that went on", "of another kind"],
)
def test_break_of_neither_of_two_silences_keeps_its_verdict_apart(outside_of_both: dict[str, Any]) -> None:
    found = causes(
        OF_BOTH,
        replace(STOP, check=(kind := outside_of_both["kind"]), title=kind),
        COVERAGE_OF_TWO,
        breaks=[missing(11), outside_of_both],
    )
    assert [each.checks[0][1] for each in found] == [kind, "snapshot_coverage"]


def test_time_of_a_leg_that_contains_one_of_all_legs_counts_once() -> None:
    # Nothing from 10:00 to 11:00, and no minutes from 10:00 to 12:00; another half an hour lacks that no silence explains.
    of = day(snapshots=outside(snapshots(range(24)), (10, 12)), events=outside(events(range(24)), (10, 11)))
    (cause,) = causes(of, COVERAGE)
    assert cause.cause.startswith("b1 wrote nothing for 121 min")
    (apart,) = causes(of, replace(COVERAGE, observed=21 / 24))
    assert not apart.cause.startswith("b1 wrote nothing")


def test_several_small_silences_are_named_together() -> None:
    gaps = [(hour, hour + 5 / 60) for hour in range(8, 13)]
    (cause,) = causes(without(*gaps), failed("soak", "snapshot_coverage", 1 - 25 / 1440))
    assert cause.cause.startswith("b1 wrote nothing 5 times, 30 min in all: for 6 min, from 2026-05-04")
    assert cause.cause.endswith("09:59 to 10:05 UTC; and 2 more")


def test_gap_that_the_suite_objects_to_hides_no_second_one() -> None:
    of = without(*TWO)
    (cause,) = causes(of, failed("soak", "snapshot_gap_min", 120.0))
    assert "2 times" in cause.cause


def test_fill_outside_of_all_silences_stays_apart_beside_them() -> None:
    other, silence = causes(without(*TWO), STOP, COVERAGE_OF_TWO, breaks=[missing(15.2), missing(20)])
    assert other.checks == ((STOP.gate, STOP.check, "b1"),)
    assert "31 min" in other.meanwhile
    assert silence.verdicts == 1


def test_bots_that_fall_silent_in_one_hour_are_one_event() -> None:
    one, two = bot(), bot("b2")
    late = [row for row in snapshots(name="b2") if not NOON <= row["ts"] < NOON + HOUR / 2]
    rows = [*snapshots(), *late]
    of = case(desk(one, two), snapshots=rows, baselines=day().frames["baselines"].to_dicts())
    found = [each for name in ("b1", "b2") for each in silences(of)[name][:1]]
    assert [[each.bot for each in group] for group in together(found)] == [["b1", "b2"]]
    (cause,) = causes(of, COVERAGE, replace(COVERAGE, subject="b2"))
    assert cause.cause.startswith("2 bots fell silent within an hour: b1 wrote nothing")
    assert "what they share" in cause.remedy


def test_hours_that_have_not_passed_yet_need_time_and_no_mending() -> None:
    frozen = {"effective_at": NOON, "recorded_at": NOON, "by": "a", "why": "w", "digests": "{}"}
    of = case(baselines=[frozen], snapshots=snapshots(range(12, 24)), fills=[fill()])
    half = (failed("soak", "snapshot_coverage", 0.5), failed("soak", "soak_clean_h", 12.0))
    (cause,) = causes(of, *half)
    assert (cause.kind, cause.verdicts) == (Kind.TIME, 2)
    assert cause.remedy.endswith("until 2026-05-05 12:00 UTC.")
    stop, waits = causes(of, replace(half[1], stop=True), half[0])
    assert [(each.kind, each.checks[0][1]) for each in (stop, waits)] == [
        (Kind.STOP, "soak_clean_h"),
        (Kind.TIME, "snapshot_coverage"),
    ]


def test_unknown_value_stands_before_a_known_one_and_is_said() -> None:
    price, side = (failed("reconciliation", name, 1.0) for name in ("price_mismatch_value_quote", "wrong_side"))
    of_breaks = [missing(1, None, "wrong_side"), missing(2, "7", "wrong_side"), missing(3, "900", "price_mismatch")]
    unknown, known = causes(day(), replace(price, what_to_do="p"), side, breaks=of_breaks)
    assert unknown.at_stake == "value of its breaks: at least 7.0 USDT, 1 of unknown value"
    assert (known.at_stake, known.breaks_words) == ("value of its breaks: 900.00 USDT", "break k2")
