from datetime import timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case
from deskgate.config.bot import Mode
from deskgate.prices import quotes as quotes_module
from deskgate.prices.coverage import coverage
from deskgate.prices.flaws import FROZEN_AFTER, flawed, flawed_in_slices
from deskgate.prices.mids import MID_AGE, market_mids, mids_near
from desks import END, bot, case, desk, sources
from measures.prices import instant, mid, mid_rows

FEEDS = st.tuples(st.sampled_from(["BTC-USDT", "ETH-USDT"]), st.integers(0, 3), st.sampled_from([None, "x", "y"]))
GAPS_S = st.sampled_from([0, 0, 1, 60, 299, 300, 301, 900, 1799, 1800, 1801, 5400])
QUOTES = st.tuples(FEEDS, GAPS_S, st.integers(0, 1), st.sampled_from([99, 99, 99, None, 0]))
EVENTS = {"leg": "events", "path": "stream"}
MINUTES = {"path": "minute.csv"}
FILLS = {"path": "b1/fills.csv"}


def found(of: Case) -> list[tuple[float, str, str]]:
    rows = mid_rows(of).select("ts", "mid", "source").rows()
    return [((ts - instant(0)).total_seconds(), str(price.normalize()), source) for ts, price, source in rows]


def with_fill_log(rows: list[dict[str, Any]]) -> Case:
    log = {**sources("local")[0], "kind": "controller_fills", **FILLS}
    return case(mids=rows, sources=[*sources("local", "events", "exchange"), log])


def seen(of: Case) -> pl.DataFrame:
    return pl.concat(quotes_module.observed(of, (measured_since(of), of.end))).sort("ts")


def flaws(*rows: dict[str, Any], **of: Any) -> list[str | None]:
    return seen(case(mids=list(rows), **of))["flaw"].to_list()


def test_most_trusted_source_gives_the_mid_of_an_instant() -> None:
    rows = [
        mid(0, "102", **MINUTES),
        mid(0, "101", **EVENTS),
        mid(0, "100"),
        mid(60, "104", **MINUTES),
        mid(60, "103", **EVENTS),
        mid(120, "105", **MINUTES),
    ]
    expected = [(0, "1E+2", "MarketData"), (60, "103", "market_snapshot"), (120, "105", "minute.csv")]
    assert found(case(mids=rows)) == expected


@pytest.mark.parametrize(
    ("quotes", "expected"),
    [
        ([], [(0, "100", "mid_ref")]),
        ([mid(-300, "99", **MINUTES)], [(-300, "99", "minute.csv")]),
        ([mid(-301, "99", **MINUTES)], [(-301, "99", "minute.csv"), (0, "100", "mid_ref")]),
        ([mid(0, "99", **EVENTS)], [(0, "99", "market_snapshot")]),
        ([mid(1, "99")], [(0, "100", "mid_ref"), (1, "99", "MarketData")]),
        # A feed that lacks a side is there; what its bot says beside it comes from the same feed.
        ([mid(-60, "99", "98", None)], []),
        ([mid(-60, "99", bot="b2")], [(0, "100", "mid_ref")]),
        ([mid(-60, "99", pair="ETH-USDT")], [(-60, "99", "MarketData"), (0, "100", "mid_ref")]),
    ],
)
def test_mid_of_a_fill_counts_where_no_quote_is_beside_it(quotes: list[Any], expected: list[Any]) -> None:
    rows = mid_rows(with_fill_log([*quotes, mid(0, "100", **FILLS)])).select("ts", "mid", "source").sort("ts").rows()
    assert [((ts - instant(0)).total_seconds(), str(int(price)), source) for ts, price, source in rows] == expected


def test_hanging_feed_is_not_replaced_by_the_mids_of_fills() -> None:
    hangs = [mid(60 * at, "100") for at in range(60)]
    named = [mid(60 * at + 30, str(101 + at), **FILLS) for at in range(70)]
    sources_of = mid_rows(with_fill_log([*hangs, *named])).select("ts", "source").rows()
    assert sources_of[0] == (instant(0), "MarketData")
    assert {source for _, source in sources_of[1:]} == {"mid_ref"}
    assert sources_of[1][0] == instant(60 * 64 + 30)


def test_mids_of_fills_that_stand_still_are_none() -> None:
    rows = mid_rows(with_fill_log([mid(600 * at, "100", **FILLS) for at in range(5)]))
    assert rows["ts"].to_list() == [instant(0)]


@pytest.mark.parametrize(
    ("price", "bid", "ask", "flaw"),
    [
        ("100", "99", "101", None),
        ("100", None, None, None),
        ("100", "100", "100", None),
        ("100", "99", None, "one_sided"),
        ("100", None, "101", "one_sided"),
        ("100", "0", "101", "impossible"),
        ("100", "101", "99", "impossible"),
        ("0", None, None, "impossible"),
    ],
)
def test_quote_without_both_sides_is_no_mid(price: str, bid: str | None, ask: str | None, flaw: str | None) -> None:
    assert flaws(mid(0, price, bid, ask)) == [flaw]


@pytest.mark.parametrize(("minutes", "frozen"), [(12, 0), (30, 0), (31, 31), (90, 90)])
def test_feed_that_repeats_its_quote_for_longer_than_the_bound_has_no_mids(minutes: int, frozen: int) -> None:
    rows = [mid(-60, "99.5"), *[mid(60 * at, "100", "99", "101") for at in range(minutes + 1)]]
    # The first of the run was new when it was seen.
    assert flaws(*rows) == [None, None, *["frozen" if frozen else None] * minutes]


def test_side_that_moves_is_a_feed_that_lives() -> None:
    rows = [mid(60 * at, "100", str(99 - at % 2), str(101 + at % 2)) for at in range(60)]
    assert flaws(*rows) == [None] * 60


def test_quote_that_moves_and_comes_back_is_not_frozen() -> None:
    rows = [mid(60 * at, "101" if at == 20 else "100") for at in range(40)]
    assert flaws(*rows) == [None] * 40


def test_each_feed_freezes_by_itself() -> None:
    frozen = [mid(60 * at, "100") for at in range(40)]
    alive = [mid(60 * at + 1, str(100 + at), **MINUTES) for at in range(40)]
    assert [source for _, _, source in found(case(mids=[*frozen, *alive]))] == ["MarketData", *["minute.csv"] * 40]


def test_broken_quote_within_a_run_does_not_hide_it() -> None:
    rows = [mid(60 * at, "100", "99", "0" if at == 20 else "101") for at in range(41)]
    assert flaws(*rows) == [None, *["frozen"] * 19, "impossible", *["frozen"] * 20]


def test_run_that_began_before_the_soak_is_frozen_at_its_start() -> None:
    midnight = -12 * 3600
    rows = [mid(midnight + 60 * at, "100") for at in range(-300, 2)]
    assert set(seen(case(mids=rows)).filter(pl.col("ts") > instant(midnight) - FROZEN_AFTER)["flaw"]) == {"frozen"}


def test_what_comes_after_a_silence_longer_than_the_bound_is_new() -> None:
    rows = [mid(60 * at, "100") for at in (0, 10, 40, 71, 100)]
    # 10 minutes and 30 are one run with what is before them, 31 are none.
    assert flaws(*rows) == [None, "frozen", "frozen", None, None]
    again = [mid(60 * at, "100") for at in range(71, 103)]
    assert flaws(*rows[:3], *again) == [None, "frozen", "frozen", None, *["frozen"] * 31]


@given(st.lists(QUOTES, min_size=1, max_size=60), st.integers(0, 59), st.booleans())
def test_mids_of_a_span_are_those_of_all_quotes(drawn: list[Any], place: int, is_sparse: bool) -> None:
    seconds = list(accumulate(gap * (2 if is_sparse else 1) for _, gap, _, _ in drawn))
    rows = [
        mid(
            at - 11 * 3600,
            str(100 + step),
            None if bid is None else str(bid),
            "102",
            pair=pair,
            **({}, EVENTS, MINUTES, FILLS)[trust],
        )
        for ((pair, trust, _), _, step, bid), at in zip(drawn, seconds, strict=True)
    ]
    of = with_fill_log([row for row in rows if row["ts"] < END])
    since = max(of.start, min(instant(seconds[min(place, len(seconds) - 1)] - 11 * 3600), END))
    whole, part = (market_mids(quotes_module.observed(of, (first, of.end))) for first in (of.start, since))
    for key in {*whole.by_market, *part.by_market}:
        one, other = (known.of(*key).filter(pl.col("ts") >= since - MID_AGE) for known in (whole, part))
        assert one.equals(other)


@given(st.lists(QUOTES, min_size=1, max_size=60), st.sets(st.integers(0, 59), min_size=1), st.integers(-400, 400))
def test_mids_near_some_instants_are_those_of_all_quotes(drawn: list[Any], places: set[int], off: int) -> None:
    seconds = list(accumulate(gap * 9 for _, gap, _, _ in drawn))
    first = -seconds[-1]
    rows = [
        mid(first + at, str(100 + step), pair=pair, **({}, EVENTS, MINUTES, FILLS)[trust])
        for ((pair, trust, _), _, step, _), at in zip(drawn, seconds, strict=True)
    ]
    of = with_fill_log(rows)
    asked = [instant(first + seconds[at % len(seconds)] + off) for at in places]
    whole = market_mids(quotes_module.observed(of, (instant(first - 9000), of.end)))
    part = mids_near(of, pl.Series(asked, dtype=pl.Datetime("us", "UTC")))
    for key in whole.by_market:
        for at in asked:
            near = pl.col("ts").is_between(at - MID_AGE, at + MID_AGE)
            assert whole.of(*key).filter(near).equals(part.of(*key).filter(near))


def test_bots_read_one_after_the_other_have_the_mids_of_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    of = desk(bot("b2"), bot("b1"), bot("b3"))
    rows = [mid(60 * at, str(100 + at // 50), bot=name) for at in range(60) for name in ("b2", "b1")]
    rows += [mid(60, "100", "101", "99", bot="b2"), mid(60, "100", bot="nobody")]

    def found() -> list[pl.DataFrame]:
        made = case(of, mids=rows)
        return [mid_rows(made), coverage(made)]

    together = found()
    assert together[0]["bot"].unique(maintain_order=True).to_list() == ["b1", "b2"]
    assert together[1]["frozen"].to_list() == [49, 49, 0]
    for most in (61, 20):
        monkeypatch.setattr(quotes_module, "_TOGETHER", most)
        assert all(one.equals(other) for one, other in zip(found(), together, strict=True))


@given(st.lists(QUOTES, max_size=60), st.sets(st.integers(0, 60)))
def test_quotes_in_slices_have_the_flaws_and_the_mids_of_all_at_once(drawn: list[Any], cuts: set[int]) -> None:
    seconds = list(accumulate(gap for _, gap, _, _ in drawn))
    rows = [
        (*about, "b1", instant(at), Decimal(100 + step), bid and Decimal(bid), Decimal(102), f"{number:03}")
        for number, ((about, _, step, bid), at) in enumerate(zip(drawn, seconds, strict=True))
    ]
    feed: dict[str, Any] = {"pair": pl.String, "trust": pl.Int8, "market": pl.String, "bot": pl.String}
    price: dict[str, Any] = dict.fromkeys(("mid", "best_bid", "best_ask"), pl.Decimal(38, 18))
    schema = {**feed, "ts": pl.Datetime("us", "UTC"), **price, "row_id": pl.String}
    quotes = pl.DataFrame(rows, schema=schema, orient="row")
    # Each instant is in one slice.
    borders = [instant(0), *(instant(seconds[at]) for at in sorted(cuts) if at < len(seconds)), instant(10**7)]
    inside = pl.col("ts").is_between
    slices = [quotes.filter(inside(since, until, closed="left")) for since, until in pairwise(borders)]
    whole, found = flawed(quotes), list(flawed_in_slices(slices))
    assert pl.concat([whole.clear(), *found]).sort("row_id").equals(whole.sort("row_id"))
    one, other = (market_mids(some).by_market for some in ([whole], found))
    assert one.keys() == other.keys()
    assert all(one[key].equals(other[key]) for key in one)


def test_quotes_that_wait_are_those_of_the_last_run_alone() -> None:
    rows = [mid(60 * at, "100") for at in range(20)]
    quotes = seen(case(mids=rows)).drop("flaw")
    first, second, last = flawed_in_slices([quotes, quotes.clear()])
    assert (first.height, second.height, last["flaw"].to_list()) == (1, 0, [None] * 19)


def test_other_bots_and_later_quotes_do_not_exist() -> None:
    late = mid(0, "100", ts=END + timedelta(minutes=2))
    disabled = bot("b2", Mode.DISABLED)
    rows = [mid(0, "100"), mid(0, "101", bot="b2"), late]
    assert len(found(case(desk(bot(), disabled), mids=rows))) == 1


def test_market_of_another_kind_keeps_its_own_mids() -> None:
    of = desk(bot(connectors=["bitget_perpetual", "bitget"]))
    rows = [mid(0, "100", market="bitget_perpetual"), mid(0, "101", market="bitget")]
    assert mid_rows(case(of, mids=rows)).select("pair", "mid").rows() == [
        ("BTC-USDT", Decimal(100)),
        ("BTC-USDT spot", Decimal(101)),
    ]


@pytest.mark.slow
@given(st.permutations(range(12)))
def test_mids_do_not_depend_on_the_order_of_the_records(order: list[int]) -> None:
    rows = [mid(at // 3, str(100 + at), **(({}, MINUTES, EVENTS)[at % 2])) for at in range(12)]
    expected = mid_rows(case(mids=rows))
    assert mid_rows(case(mids=[rows[at] for at in order])).equals(expected)
