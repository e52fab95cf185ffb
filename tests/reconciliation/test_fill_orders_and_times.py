"""A fill's order and time, compared between bot and venue, and who is off."""

from datetime import timedelta
from typing import Any

import pytest

from deskgate.case.findings import Findings
from deskgate.reconciliation.fills import check as fills_check
from deskgate.reconciliation.fills import clocks
from desks import NOON, case, fill, values
from tiers import quick

LEGS = ("local", "events", "exchange")
HOUR = timedelta(hours=1)
# A fill whose ids the legs write alike: what is compared.
OTHER = [fill(leg, "t0") for leg in LEGS]


def of_ids(rows: list[dict[str, Any]], **frames: Any) -> list[tuple[str, str]]:
    breaks = fills_check.check(case(fills=[*OTHER, *rows], **frames)).breaks
    return sorted(breaks.filter(breaks["kind"] == "order_id_mismatch").select("trade_id", "leg").iter_rows())


@pytest.mark.parametrize("column", quick(["exchange_order_id", "order_id"]))
@pytest.mark.parametrize(
    ("liars", "leg"),
    [(("local",), "local"), (("events",), "events"), (("local", "events"), ""), (("exchange",), "")],
)
def test_order_that_differs_names_the_leg_that_alone_has_it(column: str, liars: tuple[str, ...], leg: str) -> None:
    rows = [fill(name, **({column: "other"} if name in liars else {})) for name in LEGS]
    assert of_ids(rows) == [("t1", leg)]


def test_the_bots_own_id_is_compared_with_the_order_that_the_venue_lists() -> None:
    rows = [fill(leg, **({"order_id": None} if leg == "exchange" else {})) for leg in LEGS]
    order = {
        "leg": "exchange",
        "ts": NOON,
        "pair": "BTC-USDT",
        "exchange_order_id": "x-t1",
        "order_id": "o-t1",
        "status": "completed",
    }
    assert of_ids(rows, orders=[order]) == []
    assert of_ids(rows, orders=[order | {"order_id": "of another bot"}]) == [("t1", "")]


@pytest.mark.parametrize(
    "venue",
    [
        {"exchange_order_id": "o-t1", "order_id": None},  # the export's `order` is the client's id
        {"exchange_order_id": None, "order_id": None},
        {"order_id": "x-t1"},
    ],
)
def test_an_id_that_is_absent_or_in_the_other_column_is_no_difference(venue: dict[str, Any]) -> None:
    assert of_ids([fill("local"), fill("events"), fill("exchange", **venue)]) == []


def test_without_an_id_that_bot_and_venue_write_alike_no_order_was_compared() -> None:
    def found(**ids: str | None) -> float | None:
        rows = [fill("local", **ids), fill("exchange"), fill("events", **ids)]
        return values(fills_check.check(case(fills=rows)).metrics)["order_id_mismatch"]

    assert found() == 0
    assert found(order_id="mine", exchange_order_id="of mine") is None


def test_a_venue_that_writes_the_bots_ids_in_its_own_form_is_no_difference() -> None:
    rows = [fill(leg, t, **({"order_id": f"hash-{t}"} if leg == "exchange" else {})) for t in "ab" for leg in LEGS]
    breaks = fills_check.check(case(fills=rows)).breaks
    assert breaks.is_empty()


def at(bot: timedelta, venue: timedelta = timedelta(), trade: str = "t1") -> list[dict[str, Any]]:
    return [fill(leg, trade, ts=NOON + (venue if leg == "exchange" else bot)) for leg in LEGS]


def order(made: timedelta, ended: timedelta) -> list[dict[str, Any]]:
    """Return the order of the fill `t1`, the same at the bot and at the venue."""
    common = {"pair": "BTC-USDT", "exchange_order_id": "x-t1", "order_id": "o-t1", "created_ts": NOON + made}
    states = [("open", made), ("completed", ended)]
    return [
        {**common, "leg": leg, "ts": NOON + ts, "status": status}
        for leg in ("local", "exchange")
        for status, ts in states
    ]


def of_times(rows: list[dict[str, Any]], **frames: Any) -> Findings:
    return clocks.check(case(fills=rows, **frames))


def sides(found: Findings) -> list[tuple[str, str]]:
    return list(found.breaks.select("kind", "leg").iter_rows())


ONE = ("fill_time_mismatch", "")
LIFE = order(timedelta(minutes=-1), timedelta(seconds=1))


@pytest.mark.parametrize(
    ("bot", "venue", "leg", "words"),
    [
        (-HOUR, timedelta(), "", "the bot's time is outside of the order's life"),
        (timedelta(), HOUR, "exchange", "the venue's time is outside of its order's life"),
        # Late by less than a poll takes, but before its own order was made.
        (timedelta(), timedelta(seconds=-90), "exchange", "the venue's time is outside of its order's life"),
    ],
)
def test_fill_before_it_happened_names_the_side_that_its_order_contradicts(
    bot: timedelta, venue: timedelta, leg: str, words: str
) -> None:
    found = of_times(at(bot, venue), orders=LIFE)
    assert sides(found) == [("fill_time_mismatch", leg)]
    assert words in found.breaks["detail"][0]


@pytest.mark.parametrize(("seconds", "expected"), [(-3, [ONE]), (-2, []), (119, []), (180, [])])
def test_what_a_tick_or_a_poll_explains_is_no_break(seconds: int, expected: list[tuple[str, str]]) -> None:
    assert sides(of_times(at(timedelta(seconds=seconds)))) == expected


SIGNS: list[tuple[str, dict[str, Any]]] = [
    ("mids", {"pair": "BTC-USDT", "mid": 1}),
    ("snapshots", {"pair": "BTC-USDT"}),
    ("events", {"leg": "events", "event_id": "e", "event_type": "audit", "id_derived": False, "payload": "{}"}),
    ("orders", {"pair": "BTC-USDT", "order_id": "o", "status": "open"}),
]


@pytest.mark.parametrize(("table", "row"), SIGNS)
def test_any_record_of_the_bot_meanwhile_is_no_outage(table: str, row: dict[str, Any]) -> None:
    frames: dict[str, Any] = {table: [row | {"ts": NOON + HOUR / 2}]}
    assert sides(of_times(at(HOUR), **frames)) == [ONE]
    assert values(of_times(at(HOUR), **frames).metrics)["fill_late_s"] == 3600


def test_an_outage_is_said() -> None:
    found = of_times(at(HOUR))
    note = next(each.note or "" for each in found.metrics if each.metric == "fill_late_s")
    assert sides(found) == []
    assert "the bot recorded nothing meanwhile" in note


def test_most_of_a_days_fills_off_alike_are_the_clock_and_not_each_a_break() -> None:
    wrong = timedelta(minutes=-10)
    rows = [row for n in range(4) for row in at(wrong, trade=f"t{n}")]
    found = of_times(rows)
    assert (sides(found), values(found.metrics)["clock_early_s"]) == ([], 600)
    one = of_times([*at(wrong), *(row for n in range(2, 5) for row in at(timedelta(), trade=f"t{n}"))])
    assert sides(one) == [ONE]
