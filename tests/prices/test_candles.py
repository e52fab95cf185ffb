"""Closes of candles stand in for mids where no better source was there, and never beside one."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.case.case import Case
from deskgate.checks import freshness, quotes
from deskgate.measures.priced import priced
from deskgate.prices.coverage import coverage
from deskgate.prices.marks import mids_at
from desks import bot, case, desk, sources, values
from measures.prices import instant, mid, mid_rows, traded

EVENTS = {"leg": "events", "path": "stream"}
MINUTES = {"path": "minute.csv"}
FILLS = {"path": "b1/fills.csv"}


def candle(end: float, close: str, volume: str | None = "2", **more: Any) -> dict[str, Any]:
    """Return a candle of a minute that ended so many seconds from noon."""
    row = {"leg": "exchange", "path": "ohlcv", "ts": instant(end), "pair": "BTC-USDT", "symbol": "BTC/USDT:USDT"}
    row |= {"timeframe": "1m", "close": Decimal(close), "volume": None if volume is None else Decimal(volume)}
    return {**row, **more}


def the(candles: list[dict[str, Any]], *observed: dict[str, Any]) -> Case:
    log = {**sources("local")[0], "kind": "controller_fills", **FILLS}
    export = {**sources("exchange")[0], "kind": "ohlcv", "path": "ohlcv"}
    return case(candles=candles, mids=list(observed), sources=[*sources("local", "events", "exchange"), log, export])


def found(of: Case) -> list[tuple[float, int, str]]:
    rows = mid_rows(of).select("ts", "mid", "source").rows()
    return [((ts - instant(0)).total_seconds(), int(price), source) for ts, price, source in rows]


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ([], [(0, 100, "candles")]),
        ([mid(0, "99")], [(0, 99, "MarketData")]),
        ([mid(-300, "99")], [(-300, 99, "MarketData")]),
        ([mid(-301, "99")], [(-301, 99, "MarketData"), (0, 100, "candles")]),
        ([mid(1, "99")], [(0, 100, "candles"), (1, 99, "MarketData")]),
        ([mid(-60, "99", **EVENTS)], [(-60, 99, "market_snapshot")]),
        ([mid(-60, "99", **MINUTES)], [(-60, 99, "minute.csv")]),
        ([mid(-60, "99", **FILLS)], [(-60, 99, "mid_ref")]),
        # A mid of a fill that gave way to a quote was there all the same.
        ([mid(-400, "98"), mid(-200, "99", **FILLS)], [(-400, 98, "MarketData")]),
        # A feed that is wrong is there: a candle beside it would hide that.
        ([mid(-60, "99", "98", None)], []),
        ([mid(-60, "99", "101", "98")], []),
        ([mid(-60, "99", bot="b2")], [(0, 100, "candles")]),
        ([mid(-60, "99", pair="ETH-USDT")], [(0, 100, "candles"), (-60, 99, "MarketData")]),
    ],
)
def test_candle_counts_where_no_better_source_was_there(beside: list[Any], expected: list[Any]) -> None:
    assert found(the([candle(0, "100")], *beside)) == expected


def test_hanging_feed_is_not_replaced_by_candles() -> None:
    hangs = [mid(60 * at, "100") for at in range(60)]
    shown = found(the([candle(60 * at, str(100 + at)) for at in range(1, 60)], *hangs))
    assert shown == [(0, 100, "MarketData")]


@pytest.mark.parametrize(
    ("timeframe", "expected"), [("1m", [(0, 100, "candles")]), ("3m", []), ("5m", []), ("1h", []), ("1d", [])]
)
def test_longer_candle_is_no_mid(timeframe: str, expected: list[Any]) -> None:
    assert found(the([candle(0, "100", timeframe=timeframe)])) == expected


@pytest.mark.parametrize(
    ("candles", "expected"),
    [
        ([candle(0, "100"), candle(60, "100", "0"), candle(120, "100", "0")], [0]),
        ([candle(0, "100"), candle(60, "101", "0")], [0]),
        ([candle(0, "100", None)], []),
        ([candle(0, "100"), candle(60, "100", "0.001")], [0, 60]),
        ([candle(0, "0")], []),
    ],
)
def test_candle_without_a_trade_is_no_sign_of_life(candles: list[Any], expected: list[float]) -> None:
    assert [at for at, _, _ in found(the(candles))] == expected


def test_candle_speaks_from_its_end_on() -> None:
    at = mid_rows(the([])).clear()["ts"].extend(mid_rows(the([candle(60, "100")]))["ts"])
    assert at.to_list() == [instant(60)]
    asked = (
        at.clear()
        .extend(at.dt.offset_by("-1s"))
        .extend(at)
        .extend(at.dt.offset_by("5m"))
        .extend(at.dt.offset_by("301s"))
    )
    prices = mids_at(the([candle(60, "100")]), "b1", "BTC-USDT", asked)["mid"].to_list()
    assert prices == [None, Decimal(100), Decimal(100), None]


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ([mid(90, "99", bot="b2")], 99),
        ([mid(30, "99", bot="b2")], 99),
        ([mid(90, "99")], 99),
        ([mid(-181, "99", bot="b2")], 100),
        ([mid(90, "99", bot="b2", pair="ETH-USDT")], 100),
        ([mid(90, "99", bot="b2", market="bitget")], 100),
    ],
)
def test_candle_values_only_where_no_bot_saw_a_quote_of_the_market(beside: list[Any], expected: int) -> None:
    of = desk(bot(connectors=["bitget_perpetual", "bitget"]), bot("b2", connectors=["bitget_perpetual", "bitget"]))
    at = pl.Series([instant(120)], dtype=pl.Datetime("us", "UTC"))
    assert mids_at(case(of, candles=[candle(60, "100")], mids=beside), "b1", "BTC-USDT", at)["mid"].to_list() == [
        expected
    ]


def test_fill_is_not_measured_by_a_candle_that_it_may_have_closed() -> None:
    candles = [candle(60 * minute, str(100 + minute)) for minute in range(6)]
    (row,) = priced(case(fills=traded(0, "BUY", "100"), candles=candles, mids=[mid(301, "99")])).to_dicts()
    assert (row["mid"], row["source"]) == (Decimal(100), "candles")
    assert (row["mid_1m"], row["mid_5m"]) == (None, None)


@pytest.mark.parametrize(
    ("symbol", "pairs"), [("BTC/USDT:USDT", ["BTC-USDT"]), ("BTC/USDT", ["BTC-USDT spot"]), (None, ["BTC-USDT"])]
)
def test_candles_of_another_market_have_its_name(symbol: str | None, pairs: list[str]) -> None:
    assert mid_rows(the([candle(0, "100", symbol=symbol)]))["pair"].to_list() == pairs


def test_coverage_has_a_column_of_candles() -> None:
    rows = [candle(60 * at, str(100 + at)) for at in range(1, 21)]
    (row,) = coverage(the(rows, mid(600, "99"), mid(601, "99", "98", None))).to_dicts()
    # Ten before the quote, those after its five minutes, and the quote.
    assert (row["MarketData"], row["candles"], row["no_mid"]) == (1, 9 + 5, 1440 - 15)


def test_candles_are_no_sign_that_bot_or_account_live() -> None:
    with_candles, without = the([candle(0, "100")]), the([])
    for check in (freshness.check, quotes.check):
        assert values(check(with_candles).metrics) == values(check(without).metrics)


def test_candles_of_an_unlisted_bot_are_not_read() -> None:
    of = case(desk(bot("b2")), candles=[candle(0, "100")])
    assert mid_rows(of).is_empty()
