"""What must hold for any fills, not only for those somebody thought of."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.gates.decision import Decision, decide
from deskgate.gates.evaluation import Status, Verdict
from deskgate.reconciliation.agreed import agreed_fills, cash_flow, signed
from deskgate.reconciliation.fills.check import check
from deskgate.reconciliation.matching.match import match_fills
from desks import NOON, case, fill
from examples import few
from verdicts import verdict

pytestmark = pytest.mark.slow

LEGS = ("local", "events", "exchange")
BADNESS = {Decision.GO: 0, Decision.HOLD: 1, Decision.STOP: 2}


@st.composite
def rows(draw: st.DrawFn, legs: tuple[str, ...] = LEGS) -> list[dict[str, Any]]:
    """Draw fills of some trades, each in some legs, with equal values or not, some twice, some without an id."""
    return [
        fill(
            leg,
            draw(st.sampled_from([f"t{number}", f"t{number}_1", None])),
            order_id=draw(st.sampled_from([f"o{number}", "o-other"])),
            exchange_order_id=f"x{number}",
            side=draw(st.sampled_from(["BUY", "SELL"])),
            price=Decimal(draw(st.sampled_from(["100", "100.5", "99.000001"]))),
            quantity=Decimal(draw(st.sampled_from(["1", "0.25"]))),
            ts=NOON + timedelta(seconds=draw(st.integers(0, 50))),
        )
        for number in range(draw(st.integers(0, 6)))
        for leg in draw(st.lists(st.sampled_from(legs), max_size=4))
    ]


@given(rows())
def test_every_row_is_matched_or_set_aside_exactly_once(drawn: list[dict[str, Any]]) -> None:
    frame = case(fills=drawn).frames["fills"]
    matched = match_fills(frame)
    kept = pl.concat([matched.fills.get_column(f"row_id_{leg}").drop_nulls() for leg in LEGS])
    assert sorted([*kept, *matched.duplicates.get_column("row_id")]) == sorted(frame.get_column("row_id"))


# Smaller: test_shuffled_rows_give_the_same_breaks, and the order of rows of one id below.
@pytest.mark.long
@given(rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(drawn: list[dict[str, Any]], chance: Any) -> None:
    shuffled = list(drawn)
    chance.shuffle(shuffled)
    assert check(case(fills=drawn)).breaks.equals(check(case(fills=shuffled)).breaks)


@few()
@given(rows())
def test_a_break_has_one_identity(drawn: list[dict[str, Any]]) -> None:
    breaks = check(case(fills=drawn)).breaks
    assert breaks.get_column("break_id").n_unique() == breaks.height


@few()
@given(rows(), st.integers(2, 9))
def test_agreed_cash_and_position_scale_with_quantity(drawn: list[dict[str, Any]], factor: int) -> None:
    # No two rows are as far apart as two others: of rows that fit alike, whose content decides, another size takes another one.
    apart = [NOON + timedelta(microseconds=1 << number) for number in range(len(drawn))]
    free = [{**row, "fee_amount": Decimal(0), "ts": at} for row, at in zip(drawn, apart, strict=True)]
    large = [{**row, "quantity": row["quantity"] * factor} for row in free]
    one, many = (
        agreed_fills(case(fills=each))
        .select(signed().sum().alias("base"), cash_flow("USDT").sum().alias("cash"))
        .row(0)
        for each in (free, large)
    )
    assert [value * factor for value in one] == list(many)


verdicts = st.lists(
    st.builds(
        lambda status, severity, stop: verdict(status, severity=severity, stop=stop and severity == "critical"),
        st.sampled_from(Status),
        st.sampled_from(["critical", "warning", "info"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@given(verdicts, st.integers(0, 5), st.sampled_from([Status.FAIL, Status.INSUFFICIENT]))
def test_a_verdict_that_no_longer_passes_never_improves_the_decision(
    drawn: list[Verdict], place: int, worse: Status
) -> None:
    from dataclasses import replace

    index = place % len(drawn)
    if drawn[index].status not in (Status.PASS, Status.WAIVED):
        return
    changed = [*drawn[:index], replace(drawn[index], status=worse), *drawn[index + 1 :]]
    assert BADNESS[decide(changed)] >= BADNESS[decide(drawn)]


@given(verdicts)
def test_go_means_every_critical_verdict_passes(drawn: list[Verdict]) -> None:
    fine = [item.status in (Status.PASS, Status.WAIVED) for item in drawn if item.severity == "critical"]
    assert (decide(drawn) is Decision.GO) is (bool(fine) and all(fine))


@st.composite
def single_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw fills that each leg has at most once, with equal values or far beyond any leg's tolerance, with equal clocks."""
    values = {"side": ["BUY", "SELL"], "price": ["100", "101"], "quantity": ["1", "2"]}
    drawn = []
    for number in range(draw(st.integers(1, 5))):
        for leg in draw(st.lists(st.sampled_from(LEGS), min_size=1, max_size=3, unique=True)):
            chosen = {name: draw(st.sampled_from(options)) for name, options in values.items()}
            numbers = {name: Decimal(chosen[name]) for name in ("price", "quantity")}
            drawn.append(fill(leg, f"t{number}", side=chosen["side"], **numbers))
    return drawn


SWAP = {"local": "events", "events": "local", "exchange": "exchange", "": ""}
SWAPPED_KIND = {"fill_missing_local": "fill_missing_events", "fill_missing_events": "fill_missing_local"}


@few()
@given(single_rows())
def test_swapping_the_names_of_the_bots_legs_swaps_the_report(drawn: list[dict[str, Any]]) -> None:
    def report(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        breaks = check(case(fills=rows)).breaks.filter(pl.col("kind") != "fee_mismatch")
        return sorted(breaks.select("trade_id", "kind", "leg").iter_rows())

    # What the venue alone has is missing in both of the bot's legs; it has one name, and the database's.
    by_trade = {
        trade: {row["leg"] for row in drawn if row["trade_id"] == trade} for trade in {r["trade_id"] for r in drawn}
    }
    both_lack = {trade for trade, legs in by_trade.items() if legs == {"exchange"}}
    expected = [
        (trade, kind, leg) if trade in both_lack else (trade, SWAPPED_KIND.get(kind, kind), SWAP[leg])
        for trade, kind, leg in report(drawn)
    ]
    assert report([{**row, "leg": SWAP[row["leg"]]} for row in drawn]) == sorted(expected)


@given(rows())
def test_every_row_of_a_leg_is_matched_or_unmatched(drawn: list[dict[str, Any]]) -> None:
    frame = case(fills=drawn).frames["fills"]
    matched = match_fills(frame)
    for leg in LEGS:
        alone = pl.sum_horizontal([f"in_{each}" for each in LEGS]) == 1
        mine = matched.fills.filter(pl.col(f"in_{leg}"))
        together, by_itself = mine.filter(~alone).height, mine.filter(alone).height
        extra = matched.duplicates.filter(pl.col("leg") == leg).height
        assert together + by_itself + extra == frame.filter(pl.col("leg") == leg).height


@st.composite
def rows_of_one_id(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw rows that all have one trade id, of several orders, sides and hours."""
    return [
        fill(
            draw(st.sampled_from(LEGS)),
            "1",
            order_id=draw(st.sampled_from(["o1", "o2", None])),
            exchange_order_id=draw(st.sampled_from(["x1", "x2", None])),
            side=draw(st.sampled_from(["BUY", "SELL"])),
            quantity=Decimal(draw(st.sampled_from([1, 2]))),
            ts=NOON + timedelta(minutes=draw(st.sampled_from([0, 1, 90, 24 * 60]))),
        )
        for _ in range(draw(st.integers(1, 12)))
    ]


@given(rows_of_one_id())
def test_duplicate_has_the_values_of_a_kept_row_of_its_leg(drawn: list[dict[str, Any]]) -> None:
    frame = case(fills=drawn).frames["fills"]
    matched = match_fills(frame)
    kept = pl.concat([matched.fills.get_column(f"row_id_{leg}").drop_nulls() for leg in LEGS])
    assert sorted([*kept, *matched.duplicates.get_column("row_id")]) == sorted(frame.get_column("row_id"))
    for extra in matched.duplicates.iter_rows(named=True):
        leg = extra["leg"]
        same = (pl.col(f"{name}_{leg}") == extra[name] for name in ("occurrence", "side", "quantity"))
        originals = matched.fills.rename({"occurrence": f"occurrence_{leg}"}).filter(*same)
        assert originals.height == 1
        if leg != "local":
            names = ("exchange_order_id", "order_id")
            own, other = (
                [row[name + end] for name in names]
                for row, end in ((extra, ""), (originals.row(0, named=True), f"_{leg}"))
            )
            assert next(filter(None, own), None) == next(filter(None, other), None)


@given(rows_of_one_id(), st.randoms(use_true_random=False))
def test_the_order_of_rows_of_one_id_decides_nothing(drawn: list[dict[str, Any]], chance: Any) -> None:
    shuffled = list(drawn)
    chance.shuffle(shuffled)
    one, other = (match_fills(case(fills=each).frames["fills"]) for each in (drawn, shuffled))
    assert one.fills.equals(other.fills)
    assert one.duplicates.sort("row_id").equals(other.duplicates.sort("row_id"))


@few()
@given(single_rows(), st.integers(2, 9))
def test_quantities_times_a_factor_break_in_the_same_places(drawn: list[dict[str, Any]], factor: int) -> None:
    def report(rows: list[dict[str, Any]], by: int) -> list[tuple[Any, ...]]:
        breaks = check(case(fills=rows)).breaks.filter(pl.col("kind") != "fee_mismatch")
        money = breaks.select("trade_id", "kind", "leg", value=pl.col("value_quote") * by).rows()
        return sorted(money, key=str)

    large = [{**row, "quantity": row["quantity"] * factor} for row in drawn]
    assert report(large, 1) == report(drawn, factor)
