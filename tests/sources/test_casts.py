from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.sources.casts import first_instant, instant, money, stamp_in_name, whole

NOON = datetime(2026, 2, 22, 12, 0, tzinfo=UTC)


def _one(expression: pl.Expr) -> object:
    return pl.select(expression).item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1771761600", NOON),
        ("1771761600000", NOON),
        ("1771761600000000", NOON),
        ("1771761600.25", NOON.replace(microsecond=250_000)),
        ("2026-02-22T12:00:00", None),
        ("2026-02-22 12:00:00Z", NOON),
        ("2026-02-22T12:00Z", NOON),
        ("2026-02-22T13:30:00+01:30", NOON),
        ("2026-02-22T07:00:00.123456789-0500", NOON.replace(microsecond=123_456)),
        (" 2026-02-22T14:00:00+02 ", NOON),
        ("2026-02-22", None),
        ("20260222", None),
        ("2026-02-22T12:00:00+", None),
        ("2026-13-22T12:00:00Z", None),
        ("1771761600000000000", None),
        ("0", None),
        ("-1771761600", None),
        ("-99999999999999999999", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_instant_of_every_notation(text: str | None, expected: datetime | None) -> None:
    assert first_instant(text) == expected


@given(
    st.integers(946_684_800, 4_102_444_799),
    st.text("0123456789", max_size=12),
    st.sampled_from(["T", " "]),
    st.sampled_from(["Z", "z", "+00:00", "+0000", "+00", "-00:00"]),
)
def test_instant_in_utc_is_the_same_however_it_is_written(epoch: int, digits: str, between: str, zone: str) -> None:
    at = datetime.fromtimestamp(epoch, UTC)
    text = f"{at:%Y-%m-%d}{between}{at:%H:%M:%S}{'.' if digits else ''}{digits}{zone}"
    assert first_instant(text) == at.replace(microsecond=int(digits[:6].ljust(6, "0")))


def test_instants_of_a_column_are_each_read_by_its_own_notation() -> None:
    texts = ["1771761600", None, "2026-02-22T12:00:00Z", "", "1771761600.25", "2026-02-22 12:00:00+00:00", "noon"]
    read = pl.Series(texts, dtype=pl.String).to_frame("text").select(instant(pl.col("text"))).to_series()
    assert read.to_list() == [first_instant(text) for text in texts]
    assert read.null_count() == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.0200000000000000004163336342344337026588618755340576171875", "0.02"),
        ("1.0000000000000000005", "1"),
        ("1.0000000000000000015", "1.000000000000000002"),
        ("1.542470894923874819540545737E-7", "0.000000154247089492"),
        ("0E+24", "0"),
        ("-3", "-3"),
        ("99999999999999999999.5", "99999999999999999999.5"),
        ("123456789012345678901", None),
        ("NaN", None),
        ("inf", None),
        ("1_000", None),
        ("1,5", None),
        ("", None),
        (None, None),
    ],
)
def test_money_of_every_notation(text: str | None, expected: str | None) -> None:
    got = _one(money(pl.lit(text, dtype=pl.String)))
    assert got == (None if expected is None else Decimal(expected))


@given(st.integers(-(10**58), 10**58), st.integers(39, 70))
def test_money_rounds_half_even_as_decimal_does(digits: int, places: int) -> None:
    text = f"{Decimal(digits).scaleb(-places, Context(prec=100)):f}"
    expected = Decimal(text).quantize(Decimal("1e-18"), ROUND_HALF_EVEN, Context(prec=100))
    assert _one(money(pl.lit(text))) == expected


@pytest.mark.parametrize(("text", "expected"), [("7", 7), ("7.0", 7), ("1E2", 100), ("7.5", None), ("seven", None)])
def test_whole_refuses_a_fraction(text: str, expected: int | None) -> None:
    assert _one(whole(pl.lit(text))) == expected


def test_stamp_in_name_is_optional() -> None:
    assert first_instant(stamp_in_name("20260222T120000Z.json")) == NOON
    assert first_instant(stamp_in_name("a_20261399T120000Z.json")) is None
    assert stamp_in_name("my_trades.json") is None
