"""The 24 h proof, on small frames: what each metric says, and that nothing absent passes for something that is there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.checks import freshness, stream, stream_gaps, stream_losses
from deskgate.checks.accounting import by_day_and_type, by_source
from desks import END, NOON, START, case, fill, frame, sources, values

MINUTE = timedelta(minutes=1)
STREAM = {"leg": "events", "kind": "event_envelopes", "path": "events.jsonl", "sha256": "0", "bytes": 1, "rows": 1}
STREAM |= {"quarantined": 0, "derived": False}


def event(ts: datetime, number: int = 0, **values: Any) -> dict[str, Any]:
    own = f"e{ts:%H%M%S%f}{number}"
    return {
        "leg": "events",
        "ts": ts,
        "event_id": own,
        "event_type": "audit",
        "correlation_id": own,
        "id_derived": False,
        "payload": "{}",
        "arrived_at": ts + timedelta(milliseconds=300),
        **values,
    }


def every(step: timedelta, begin: datetime = START, end: datetime = END, without: Any = None) -> list[dict[str, Any]]:
    times = [begin + n * step for n in range(int((end - begin) / step))]
    return [event(at) for at in times if without is None or not without(at)]


Rows = list[dict[str, Any]]


def baseline(at: datetime) -> Rows:
    return [{"effective_at": at, "recorded_at": at, "by": "ann", "why": "start", "digests": "{}"}]


def anchor(at: datetime) -> Rows:
    return [{"effective_at": at, "recorded_at": at, "by": "bob", "why": "the broker moved"}]


def part(**values: Any) -> dict[str, Any]:
    counts = {"stored": 0, "known": 0, "quarantined": 0, "conflicts": 0}
    tally = {"bot": "b1", "day": START.date(), "type": values.pop("type", "audit"), **counts}
    tally |= {name: values.pop(name) for name in list(values) if name in counts}
    base = {"path": "events.jsonl", "kind": "event_envelopes", "leg": "events", "generation": 0, "start": 0, "end": 9}
    base |= {"lines": 9, "context": "c", "read": 0, "unfinished": 0, "missed": 0, "recorded_at": END, "tally": [tally]}
    return base | values


def of_stream(of: Case) -> list[Metric]:
    return [metric for module in (stream_gaps, stream, stream_losses) for metric in module.check(of).metrics]


def measured(events: Rows, **rows: Rows) -> Mapping[str, Metric]:
    given: dict[str, Any] = {"baselines": baseline(START - timedelta(hours=6)), **rows}
    found = of_stream(case(events=events, **given))
    return {metric.metric: metric for metric in found if metric.subject == "b1"}


def test_regular_stream_has_no_gap_beyond_its_typical_gap() -> None:
    found = measured(every(MINUTE))
    assert found["gap_x"].value == 1
    assert found["coverage_h"].value == 24


@pytest.mark.parametrize(("hours", "x"), [(0.1, 6), (3, 180)])
def test_gap_is_measured_against_the_typical_gap(hours: float, x: float) -> None:
    begin = START + timedelta(hours=9)
    end = begin + timedelta(hours=hours)
    found = measured(every(MINUTE, without=lambda at: begin < at < end))
    assert found["gap_x"].value == pytest.approx(x, abs=1)
    assert "09:00" in (found["gap_x"].note or "")


def test_gap_at_the_edges_counts() -> None:
    late = measured(every(MINUTE, begin=START + timedelta(hours=5)))
    early = measured(every(MINUTE, end=END - timedelta(hours=5)))
    assert late["gap_x"].value == 300
    assert early["gap_x"].value == pytest.approx(301)


def test_irregular_stream_is_judged_by_its_own_typical_gap() -> None:
    found = measured(every(timedelta(minutes=30)))
    assert found["gap_x"].value == 1


def test_burst_within_a_minute_is_no_typical_gap() -> None:
    bursts = [event(START + hour * timedelta(hours=1), n) for hour in range(24) for n in range(50)]
    assert measured(bursts)["gap_x"].value == 1


def test_heartbeat_ends_a_gap_and_is_no_event() -> None:
    quiet = every(MINUTE, without=lambda at: START < at < START + timedelta(hours=6))
    beats = [event(START + n * MINUTE, 1, event_type="heartbeat", correlation_id=None) for n in range(360)]
    found = measured(quiet + beats)
    assert (found["gap_x"].value, found["missing_correlations"].value) == (1, 0)
    assert found["lag_p50_s"].sample == len(quiet)
    alone = {metric.metric: metric.value for metric in freshness.check(case(events=beats)).metrics}
    assert alone["events"] is None


def test_few_events_have_no_typical_gap() -> None:
    gap = measured(every(timedelta(hours=2)))["gap_x"]
    assert gap.value is None
    assert "too few" in (gap.note or "")


def test_gap_before_a_clock_reset_is_ignored() -> None:
    quiet = every(MINUTE, without=lambda at: START < at < START + timedelta(hours=6))
    reset = measured(quiet, anchors=anchor(START + timedelta(hours=6)))
    assert reset["gap_x"].value == 1
    assert reset["coverage_h"].value == 18
    assert "reset by bob: the broker moved" in (reset["coverage_h"].note or "")
    assert measured(quiet)["gap_x"].value == 360


def test_coverage_without_a_clock_start_has_no_value() -> None:
    found = measured(every(MINUTE), baselines=[])
    assert found["coverage_h"].value is None
    assert found["gap_x"].value == 1


def test_coverage_begins_with_the_first_event_after_the_anchor() -> None:
    assert measured(every(MINUTE, begin=START + timedelta(hours=10)))["coverage_h"].value == 14


@pytest.mark.parametrize(("silent_h", "covered_h"), [(23.9, 24), (25, None)])
def test_stream_that_fell_silent_covers_no_more(silent_h: float, covered_h: float | None) -> None:
    end = END - timedelta(hours=silent_h)
    found = measured(every(MINUTE, begin=end - timedelta(hours=3), end=end), baselines=baseline(START))
    assert found["coverage_h"].value == (None if covered_h is None else pytest.approx(covered_h, abs=0.1))
    assert covered_h or "the last event of b1 is of 2026-05-03 22:59 UTC" in (found["coverage_h"].note or "")


def test_absent_stream_measures_nothing() -> None:
    found = of_stream(case(sources=sources("local")))
    mine = {metric.metric: metric for metric in found if metric.subject == "b1"}
    unmeasured = {name for name, metric in mine.items() if metric.value is None}
    assert unmeasured == set(mine)
    assert all(metric.note for metric in mine.values())


def test_chains() -> None:
    at = START + timedelta(hours=1)
    order = {"order_id": "o1", "correlation_id": "o1"}
    events = [
        event(at, 1),
        event(at, 2, event_type="order_created", **order),
        event(at, 3, event_type="order_filled", **order),
        event(at, 4, event_type="order_failed", order_id="o2", correlation_id="o2"),
        event(at, 5, event_type="order_filled", order_id="o9", correlation_id="o9"),
        event(at, 6, correlation_id=None),
        event(at, 7, correlation_id=event(at, 1)["event_id"]),
    ]
    found = measured(events)
    assert found["missing_correlations"].value == 1 / 7
    assert found["dangling_correlations"].value == 1 / 7
    assert "3 are the beginning of a chain" in (found["dangling_correlations"].note or "")


@pytest.mark.parametrize(("ahead_s", "skew"), [(0, 0.3), (5, 4.7), (-5, 5.3)])
def test_clocks_that_disagree(ahead_s: int, skew: float) -> None:
    events = [
        {**item, "arrived_at": item["ts"] + timedelta(seconds=0.3 - ahead_s)} for item in every(timedelta(minutes=5))
    ]
    found = measured(events)
    assert found["clock_skew_s"].value == pytest.approx(skew)
    assert found["lag_p99_s"].value == pytest.approx(max(0.3 - ahead_s, 0))


def test_lag_needs_an_arrival() -> None:
    found = measured([{**item, "arrived_at": None} for item in every(MINUTE)])
    assert [found[name].value for name in ("lag_p50_s", "lag_p99_s", "clock_skew_s")] == [None] * 3


@pytest.mark.parametrize(
    ("values", "unaccounted", "conflicts", "invalid"),
    [
        ({"read": 10, "stored": 10}, 0, 0, 0),
        ({"read": 10, "stored": 5, "known": 4, "quarantined": 1}, 0, 0, 0.1),
        ({"read": 10, "stored": 9}, 1, 0, 0),
        ({"read": 9, "stored": 10}, 1, 0, 0),
        ({"read": 10, "stored": 10, "missed": 3}, 3, 0, 0),
        ({"read": 10, "stored": 8, "quarantined": 2, "conflicts": 2}, 0, 2, 0.2),
    ],
)
def test_account(values: dict[str, Any], unaccounted: int, conflicts: int, invalid: float) -> None:
    found = measured(every(MINUTE), ledger=[part(**values)], sources=[STREAM])
    assert (found["unaccounted"].value, found["conflicts"].value) == (unaccounted, conflicts)
    assert found["invalid_ratio"].value == invalid


def test_heartbeats_do_not_thin_out_what_is_invalid() -> None:
    beats = {"path": "hb", "kind": "mqtt_heartbeats", "type": "heartbeat"}
    ledger = [part(read=4, stored=3, quarantined=1), part(read=96, stored=96, **beats)]
    assert (
        measured(every(MINUTE), ledger=ledger, sources=[STREAM, STREAM | {"path": "hb"}])["invalid_ratio"].value == 0.25
    )


@pytest.mark.parametrize("ledger", [[], [part(read=0)]])
def test_account_of_nothing_is_none(ledger: Rows) -> None:
    found = measured(every(MINUTE), sources=[STREAM], ledger=ledger)
    assert [found[name].value for name in ("unaccounted", "conflicts", "invalid_ratio")] == [None] * 3


def test_accounts_sum_over_all_parts() -> None:
    ledger = frame(
        "ledger", part(read=4, stored=3, quarantined=1), part(read=2, known=2, start=9), part(path="b", read=0)
    )
    assert by_source(ledger).select("path", "read", "stored", "known", "quarantined", "unaccounted").rows() == [
        ("b", 0, 0, 0, 0, 0),
        ("events.jsonl", 6, 3, 2, 1, 0),
    ]
    assert by_day_and_type(ledger).filter(pl.col("path") == "events.jsonl").select("day", "type", "stored").rows() == [
        (START.date(), "audit", 3)
    ]


@pytest.mark.parametrize(("named", "lost"), [(("open", "cancelled"), 0), (("open",), 1), ((), 1)])
def test_order_that_the_stream_does_not_name_is_counted(named: tuple[str, ...], lost: int) -> None:
    order = {"ts": NOON, "created_ts": NOON, "pair": "BTC-USDT", "order_id": "o1"}
    own = [{"leg": "local", "status": status, **order} for status in ("open", "cancelled")]
    heard = [{"leg": "events", "status": status, **order} for status in named]
    assert values(of_stream(case(orders=[*own, *heard])))["orders_without_event"] == lost


def test_snapshots_that_stop_while_fills_go_on_are_a_gap_of_their_own() -> None:
    quiet = (NOON, NOON + timedelta(hours=3))
    snapshots = [
        row | {"event_type": "market_snapshot", "event_id": f"s{n}"}
        for n, row in enumerate(every(5 * MINUTE, without=lambda at: quiet[0] < at < quiet[1]))
    ]
    found = measured([*every(MINUTE), *snapshots])
    assert (found["gap_x"].value, found["snapshot_gap_x"].value) == (1, 36)
    assert "12:00 to 15:00" in (found["snapshot_gap_x"].note or "")


@pytest.mark.parametrize(("kind", "value"), [("mqtt_events", 0), ("event_envelopes", None)])
def test_stream_without_snapshots_has_no_gap_between_them_only_if_it_never_has_any(
    kind: str, value: float | None
) -> None:
    listed = [row | {"kind": kind} if row["leg"] == "events" else row for row in sources("local", "events", "exchange")]
    found = measured(every(MINUTE), sources=listed)["snapshot_gap_x"]
    assert (found.value, found.sample) == (value, 0)
    assert "no market snapshot" in (found.note or "")
    assert measured([])["snapshot_gap_x"].value is None


@pytest.mark.parametrize(
    ("heard", "own", "lost"),
    [(("o-t1",), "o-t1", 0), (("other",), "o-t1", 1), ((), "o-t1", 1), (("o-t1",), None, None)],
)
def test_without_a_database_the_orders_of_the_bots_fills_are_looked_for(
    heard: tuple[str, ...], own: str | None, lost: int | None
) -> None:
    fills = [fill("local", order_id=own), *(fill("events", f"e-{name}", order_id=name) for name in heard)]
    listed = [
        row | {"kind": "controller_fills"} if row["leg"] == "local" else row for row in sources("local", "events")
    ]
    found = of_stream(case(fills=fills, sources=listed))
    assert values(found)["orders_without_event"] == lost


def test_proof_that_starts_after_as_of_has_no_longest_gap() -> None:
    found = measured(every(MINUTE), baselines=baseline(END + timedelta(hours=1)))
    assert (found["gap_x"].value, found["coverage_h"].value) == (None, 0)
    assert "starts at" in (found["gap_x"].note or "")
