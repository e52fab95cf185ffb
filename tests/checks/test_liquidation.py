"""How near the book is to liquidation: at, just under and just past each bound, and what no venue says."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.case.findings import metrics_frame
from deskgate.checks import liquidation
from deskgate.config.bot import Mode
from deskgate.config.paths import SUITES
from deskgate.controls.breaches import breaches_of
from deskgate.gates.evaluation import Verdict, evaluate
from deskgate.gates.suites import load_suites
from desks import END, NOON, START, bot, case, desk, values
from portfolio.books import HOUR

GATE = "portfolio_risk"


def held(
    quantity: str = "2", price: str | None = "80", ratio: str | None = "0.1", *, at: datetime = END, **more: Any
) -> dict[str, Any]:
    """Return a snapshot: so much at a mark of 100, liquidated at a price, so much of its backing bound."""
    signed, known = Decimal(quantity), None if price is None else Decimal(price)
    sides = {"long_quantity": max(signed, Decimal(0)), "short_quantity": max(-signed, Decimal(0))}
    side = "long" if signed > 0 else "short"
    row = {"bot": "b1", "leg": "exchange", "ts": at, "pair": "BTC-USDT", "quantity": signed, **sides}
    row |= {"path": f"b1/positions/{at:%H%M}", "mark_price": Decimal(100), f"{side}_liquidation_price": known}
    return {**row, "margin_ratio": None if ratio is None else Decimal(ratio), **more}


def found(*positions: dict[str, Any], as_of: datetime = END) -> dict[str, float | None]:
    return values(liquidation.check(case(as_of=as_of, positions=list(positions))).metrics)


def notes(*positions: dict[str, Any]) -> dict[str, str]:
    return {each.metric: each.note or "" for each in liquidation.check(case(positions=list(positions))).metrics}


def verdicts(of: Case) -> list[Verdict]:
    suite = load_suites(SUITES)[GATE]
    specs = {GATE: {spec.name: spec for spec in liquidation.METRICS}}
    judged = [each for each in suite.expectations if each.kwargs.metric in specs[GATE]]
    metrics = metrics_frame(GATE, liquidation.check(of).metrics)
    return evaluate({GATE: suite.model_copy(update={"expectations": judged})}, metrics, of.desk, specs=specs)


def judged(*positions: dict[str, Any]) -> dict[str, str]:
    return {each.check: str(each.status) for each in verdicts(case(positions=list(positions)))}


@pytest.mark.parametrize(
    ("quantity", "price", "distance"),
    [
        ("2", "80", 0.2),
        ("-2", "130", 0.3),
        ("2", "99.9", 0.001),
        ("-2", "100.1", 0.001),
        # Of a short position that is liquidated at 40 times the mark the price must rise by 3,900 %.
        ("-2", "4000", 1.0),
        # No market sees that price: it is a placeholder.
        ("-2", "10000", None),
        ("2", "0", None),
        ("2", "-5", None),
        ("2", None, None),
        ("-2", None, None),
    ],
)
def test_distance_is_from_the_mark_on_the_positions_side(
    quantity: str, price: str | None, distance: float | None
) -> None:
    metrics = found(held(quantity, price))
    assert metrics["liquidation_distance"] == (None if distance is None else pytest.approx(distance))
    assert metrics["liquidation_distance_known"] == pytest.approx(1.0 if distance is None else distance)
    assert metrics["liquidation_contradictions"] == 0


@pytest.mark.parametrize(
    ("price", "known", "warned"),
    [
        ("94.99", "PASS", "FAIL"),
        ("95", "PASS", "FAIL"),
        ("95.01", "FAIL", "FAIL"),
        ("90", "PASS", "PASS"),
        ("90.01", "PASS", "FAIL"),
        (None, "PASS", "INSUFFICIENT"),
    ],
)
def test_bounds_of_the_distance(price: str | None, known: str, warned: str) -> None:
    statuses = judged(held("2", price))
    assert (statuses["liquidation_distance_known"], statuses["liquidation_distance_warn"]) == (known, warned)


@pytest.mark.parametrize(
    ("ratio", "known", "warned"),
    [
        ("0.4", "PASS", "PASS"),
        ("0.41", "PASS", "FAIL"),
        ("0.5", "PASS", "FAIL"),
        ("0.51", "FAIL", "FAIL"),
        ("1.2", "FAIL", "FAIL"),
        (None, "PASS", "INSUFFICIENT"),
    ],
)
def test_bounds_of_the_margin_ratio(ratio: str | None, known: str, warned: str) -> None:
    statuses = judged(held(ratio=ratio))
    assert (statuses["margin_ratio_known"], statuses["margin_ratio_warn"]) == (known, warned)


def test_worst_snapshot_of_the_day_counts_and_the_newest_is_named() -> None:
    rows = [held("2", "97", "0.6", at=NOON), held("2", "70", "0.1")]
    metrics, why = found(*rows), notes(*rows)
    assert metrics["liquidation_distance"] == pytest.approx(0.03)
    assert metrics["margin_ratio"] == pytest.approx(0.6)
    assert why["liquidation_distance"] == (
        "that of the long position in BTC-USDT at 2026-05-04 12:00 UTC; 0.3 in the newest snapshot that says it"
    )


def test_what_is_unknown_once_hides_no_known_breach() -> None:
    statuses = judged(held("2", "97", at=NOON), held("2", None, None))
    assert statuses["liquidation_distance_known"] == "FAIL"
    assert statuses["liquidation_distance_warn"] == statuses["margin_ratio_warn"] == "INSUFFICIENT"
    why = notes(held("2", "97", at=NOON), held("2", None, None))["liquidation_distance"]
    assert why == "the venue states no liquidation price of the long position in BTC-USDT at 2026-05-05 00:00 UTC"


@pytest.mark.parametrize(
    ("quantity", "price", "contradictions"),
    [("2", "100", 1), ("2", "120", 1), ("-2", "100", 1), ("-2", "80", 1), ("2", "99", 0), ("-2", "101", 0)],
)
def test_liquidation_on_the_wrong_side_of_the_mark_is_a_finding(
    quantity: str, price: str, contradictions: float
) -> None:
    metrics, statuses = found(held(quantity, price)), judged(held(quantity, price))
    assert metrics["liquidation_contradictions"] == contradictions
    assert statuses["liquidation_contradictions"] == ("FAIL" if contradictions else "PASS")
    assert (metrics["liquidation_distance"] is None) == bool(contradictions)


@pytest.mark.parametrize(
    ("long", "short", "long_price", "short_price", "contradictions", "distance"),
    [
        ("3", "1", "80", "130", 0, 0.2),
        # The account is liquidated below the mark: so says the venue for each side.
        ("3", "1", "80", "80", 0, 0.2),
        ("1", "3", "130", "130", 0, 0.3),
        ("2", "2", "80", "80", 0, 0.2),
        ("3", "1", "130", "130", 1, None),
        ("3", "1", "80", None, 0, None),
    ],
)
def test_hedged_market_is_liquidated_in_the_direction_of_its_net(
    long: str, short: str, long_price: str, short_price: str | None, contradictions: float, distance: float | None
) -> None:
    sides = {"long_quantity": Decimal(long), "short_quantity": Decimal(short), "hedged": True}
    of_short = None if short_price is None else Decimal(short_price)
    prices = {"long_liquidation_price": Decimal(long_price), "short_liquidation_price": of_short}
    row = held() | sides | {"quantity": Decimal(long) - Decimal(short)} | prices
    metrics = found(row)
    assert metrics["liquidation_contradictions"] == contradictions
    assert metrics["liquidation_distance"] == (None if distance is None else pytest.approx(distance))


def test_without_a_mark_there_is_no_distance_and_no_side() -> None:
    metrics = found(held(mark_price=None))
    assert metrics["liquidation_distance"] is metrics["liquidation_contradictions"] is None
    assert metrics["margin_ratio"] == pytest.approx(0.1)
    assert found(held(price=None, mark_price=None))["liquidation_contradictions"] == 0
    assert found(held(mark_price=None, at=NOON), held("2", "120"))["liquidation_contradictions"] == 1


CROSS: dict[str, Any] = {"margin_mode": "cross", "maintenance_margin": Decimal(1)}


@pytest.mark.parametrize(
    ("noon", "end", "left_out"),
    [
        (held(at=NOON), held(), 0),
        (held(at=NOON), held(price=None), 1),
        (held(at=NOON), held(ratio=None), 1),
        # It never says one of the two: the other one is judged.
        (held(price=None, at=NOON), held(price=None), 0),
        (held(ratio=None, at=NOON), held(ratio=None), 0),
        # Two snapshots of one position are one position.
        (held(price=None, ratio=None, at=NOON), held(price=None, ratio=None), 1),
        # Of a cross position it may say no price, now and then or always.
        (held(at=NOON, **CROSS), held(price=None, **CROSS), 0),
        (held(at=NOON, **CROSS), held(price=None, ratio=None, **CROSS), 1),
        (held(ratio=None, at=NOON, **CROSS), held(price=None, ratio=None, **CROSS), 0),
        (held(price=None, ratio=None, margin_mode="cross"), held("0", None, None, at=NOON), 1),
        # Another position says nothing of this one.
        (held("-2", "130", at=NOON), held(price=None), 0),
    ],
)
def test_what_a_snapshot_leaves_out_counts(noon: dict[str, Any], end: dict[str, Any], left_out: float) -> None:
    assert found(noon, end)["margins_left_out"] == left_out
    assert judged(noon, end)["margins_left_out"] == ("FAIL" if left_out else "PASS")


@pytest.mark.parametrize(
    ("end", "note"),
    [
        (held(), ""),
        (held(price=None, ratio=None), "the venue states neither liquidation price nor margin ratio of"),
        (held(price=None), "the venue states no liquidation price, which another snapshot states, of"),
        (held(ratio=None), "the venue states no margin ratio, which another snapshot states, of"),
    ],
)
def test_note_says_what_a_snapshot_leaves_out(end: dict[str, Any], note: str) -> None:
    where = " the long position in BTC-USDT at 2026-05-05 00:00 UTC"
    assert notes(held(at=NOON), end)["margins_left_out"] == (note + where if note else "")


def test_nothing_held_is_not_near_liquidation() -> None:
    metrics = found(held("0", None, None))
    assert metrics == {
        "liquidation_distance": 1,
        "liquidation_distance_known": 1,
        "margin_ratio": 0,
        "margin_ratio_known": 0,
        "liquidation_contradictions": 0,
        "margins_left_out": 0,
    }


@pytest.mark.parametrize("at", [START - timedelta(hours=1), END + HOUR])
def test_no_snapshot_of_the_day_is_no_value(at: datetime) -> None:
    assert set(found(held(at=at)).values()) == set(found().values()) == {None}


def test_of_two_files_of_one_instant_the_one_that_says_it_counts() -> None:
    rows = [held("2", None, None, path="combined"), held("2", "96", "0.2")]
    metrics = found(*rows)
    assert metrics["liquidation_distance"] == pytest.approx(0.04)
    assert metrics["margin_ratio"] == pytest.approx(0.2)


def test_breach_reduces_its_own_bot_and_an_unknown_price_nobody() -> None:
    of = desk(bot("b1"), bot("b2"), bot("b3", Mode.PAPER, connector="bitget_paper_trade"))
    suites = load_suites(SUITES)
    near = case(of, positions=[held("2", "97"), held("2", None, None, bot="b2", path="b2/positions")])
    told = [(each.action, each.bots) for each in breaches_of(suites, verdicts(near), of, near.day)]
    assert told == [("reduce", ("b1",))]
