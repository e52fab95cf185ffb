"""Candles of fetch_ohlcv: what each one says, when it was known, and which ones say nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.sources.ccxt.candles import read_candles
from deskgate.sources.parsed_source import ParsedSource

from ..desks import a_bot, a_source, json_file

EIGHT = datetime(2026, 3, 18, 8, tzinfo=UTC)
OPENED = round(EIGHT.timestamp() * 1000)
Candle = list[float | None]


def candle(minute: float, close: float | None = 100.5, volume: float | None = 3.0, **more: float) -> Candle:
    values = {"open": 100.0, "high": 101.0, "low": 99.0} | more
    return [OPENED + round(minute * 60_000), values["open"], values["high"], values["low"], close, volume]


def read(tmp_path: Path, candles: list[Candle], *, exported: str | None = None, timeframe: str = "1m") -> ParsedSource:
    head = {"exported_at": exported} if exported else {}
    document = {**head, "symbol": "BTC/USDT:USDT", "timeframe": timeframe, "ohlcv": candles}
    return read_candles(a_source(json_file(tmp_path / "any.json", document)))


def ends(parsed: ParsedSource) -> list[str]:
    assert parsed.quarantine.is_empty()
    return [f"{ts:%H:%M:%S}" for ts in parsed.frames["candles"]["ts"]] if "candles" in parsed.frames else []


def test_candle_is_of_its_end_with_the_venues_close(tmp_path: Path) -> None:
    parsed = read(tmp_path, [candle(0, 100.5, 3.25), candle(1)], exported="2026-03-18T08:01:30Z")
    row = parsed.frames["candles"].row(0, named=True)
    assert (row["ts"], row["visible_at"]) == (EIGHT + timedelta(minutes=1),) * 2
    assert (row["pair"], row["symbol"], row["timeframe"], row["leg"]) == ("BTC-USDT", "BTC/USDT:USDT", "1m", "exchange")
    assert (row["close"], row["volume"]) == (Decimal("100.5"), Decimal("3.25"))


@pytest.mark.parametrize(
    ("exported", "expected"),
    [
        ("2026-03-18T08:03:00Z", ["08:01:00", "08:02:00", "08:03:00"]),
        ("2026-03-18T08:02:59.999Z", ["08:01:00", "08:02:00"]),
        ("2026-03-18T08:02:00Z", ["08:01:00", "08:02:00"]),
        # Nothing says when the list was made: its last candle may have been open.
        (None, ["08:01:00", "08:02:00"]),
    ],
)
def test_candle_that_was_still_open_is_none(tmp_path: Path, exported: str | None, expected: list[str]) -> None:
    assert ends(read(tmp_path, [candle(0), candle(1), candle(2)], exported=exported)) == expected


def test_newest_candle_is_the_open_one_in_any_order(tmp_path: Path) -> None:
    assert sorted(ends(read(tmp_path, [candle(2), candle(1), candle(0)]))) == ["08:01:00", "08:02:00"]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("ohlcv_BTC_USDT_USDT_1m_20260318T080500Z.json", "BTC/USDT:USDT"),
        ("ohlcv_BTC_USDT_1m_20260318T080500Z.json", "BTC/USDT"),
        ("ohlcv_BTC_USDT_USDT-260327_1m_20260318T080500Z.json", "BTC/USDT:USDT-260327"),
    ],
)
def test_bare_list_is_named_and_dated_by_its_file(tmp_path: Path, name: str, symbol: str) -> None:
    parsed = read_candles(a_source(json_file(tmp_path / name, [candle(0), candle(1)])))
    assert parsed.exported_at == EIGHT + timedelta(minutes=5)
    assert parsed.frames["candles"].select("symbol", "timeframe").unique().rows() == [(symbol, "1m")]
    assert ends(parsed) == ["08:01:00", "08:02:00"]


@pytest.mark.parametrize(
    ("timeframe", "minutes", "why"),
    [
        # Their close is of five minutes after they open, not of one: it would be known before it was.
        ("1m", [0, 5, 10], "the candles are 300 s apart and more, which is not a timeframe of 1m"),
        ("5m", [0, 1, 2], "the candles are 60 s apart and more, which is not a timeframe of 5m"),
        ("2m", [0, 2, 5], "the candles are 120 s apart and more, which is not a timeframe of 2m"),
    ],
)
def test_times_that_contradict_the_timeframe_put_all_in_quarantine(
    tmp_path: Path, timeframe: str, minutes: list[int], why: str
) -> None:
    parsed = read(tmp_path, [candle(each) for each in minutes], exported="2026-03-18T09:00:00Z", timeframe=timeframe)
    assert parsed.quarantine["reason"].to_list() == [why] * 3
    assert "candles" not in parsed.frames


@pytest.mark.parametrize(
    ("exported", "candles", "refused"),
    [
        # The close of a day, said to be of a minute, would be known almost a day before it was.
        ("2026-03-18T09:00:00Z", [candle(0)], 1),
        ("2026-03-18T08:01:00Z", [candle(0)], 1),
        ("2026-03-18T09:00:00Z", [candle(0), candle(0)], 2),
        # One that is still open says nothing, whatever its length.
        ("2026-03-18T08:00:30Z", [candle(0)], 0),
        (None, [candle(0)], 0),
        ("2026-03-18T08:01:30Z", [candle(0), candle(1)], 0),
    ],
)
def test_candle_alone_shows_no_timeframe(
    tmp_path: Path, exported: str | None, candles: list[Candle], refused: int
) -> None:
    why = "a candle alone does not show that it is of 1m, expected the one before or after it in the same list"
    assert read(tmp_path, candles, exported=exported).quarantine["reason"].to_list() == [why] * refused


def test_minutes_without_a_trade_may_be_left_out(tmp_path: Path) -> None:
    parsed = read(tmp_path, [candle(0), candle(1), candle(7)], exported="2026-03-18T09:00:00Z")
    assert ends(parsed) == ["08:01:00", "08:02:00", "08:08:00"]


def test_candle_without_a_close_says_nothing(tmp_path: Path) -> None:
    parsed = read(tmp_path, [candle(0, None, 0.0), candle(1)], exported="2026-03-18T09:00:00Z")
    assert ends(parsed) == ["08:02:00"]
    assert parsed.kept == {"bot1": 2}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (candle(1, 102.0), "the close 102.0 is not between low 99.0 and high 101.0: the columns are in another order"),
        (candle(1, 98.5), "the close 98.5 is not between low 99.0 and high 101.0: the columns are in another order"),
        ([1.0, 2.0], "the candle is not a list of time, open, high, low, close, volume that begins with milliseconds"),
    ],
)
def test_candle_that_is_none_is_in_quarantine_by_itself(tmp_path: Path, wrong: Candle, why: str) -> None:
    # What a list holds shows in its first twenty.
    good = [candle(each) for each in range(2, 30)]
    parsed = read(tmp_path, [*good, wrong], exported="2026-03-18T09:00:00Z")
    assert parsed.quarantine["reason"].to_list() == [why]
    assert parsed.frames["candles"].height == len(good)


def test_each_bot_that_lists_the_candles_has_them(tmp_path: Path) -> None:
    source = a_source(json_file(tmp_path / "ohlcv_BTC_USDT_1m.json", [candle(0)]), a_bot("bot1"), a_bot("bot2"))
    assert source.kind.of_account
