import pytest

from deskgate.reports.pages.day_summary import DaySummary
from deskgate.reports.pages.trends import HEIGHT, trends


def _days(**values: float | None) -> list[DaySummary]:
    """Return the days of May 2026 that are named d1, d2 ..., newest first, with that equity."""
    made = [
        DaySummary(f"2026-05-0{name[1:]}", numbers={} if value is None else {"equity": value}, quote="USDT")
        for name, value in values.items()
    ]
    return made[::-1]


def test_line_breaks_at_a_day_without_the_number_and_at_one_without_a_run() -> None:
    (equity,), absent = trends(_days(d1=1.0, d2=2.0, d3=None, d4=3.0, d6=1.5))
    assert [
        part[0] for part in equity.path.replace("L", " L").replace("M", " M").split(" ") if part[:1] in "LM" and part
    ] == ["M", "L", "M", "M"]
    assert equity.newest == "1.5 USDT"
    assert equity.text == "2026-05-01 to 2026-05-06: lowest 1 USDT, highest 3 USDT; 2 of 6 days without it."
    assert "Drawdown" in absent


def test_newest_day_without_the_number_shows_no_older_one_as_its_own() -> None:
    (equity,), _ = trends(_days(d1=1.0, d2=None))
    assert equity.newest == "1 USDT on 2026-05-01, not known of 2026-05-02"


@pytest.mark.parametrize(
    ("key", "older", "newer", "now", "apart"),
    [
        ("equity", ("USDT", "live"), ("BTC", "live"), "500 BTC", "1 day in USDT (live)"),
        ("equity", ("USDT", "paper"), ("USDT", "live"), "500 USDT", "1 day in USDT (paper)"),
        ("drawdown", ("USDT", ""), ("BTC", "live"), "50,000 %", "1 day (mode not known)"),
        ("breaks_value", ("USDT", "live"), ("BTC", "paper"), "500 BTC", "1 day in USDT"),
    ],
)
def test_amount_of_another_currency_or_mode_is_a_gap_that_the_text_counts(
    key: str, older: tuple[str, str], newer: tuple[str, str], now: str, apart: str
) -> None:
    days = [
        DaySummary(f"2026-05-0{n}", numbers={key: value}, quote=quote, modes=modes)
        for n, value, (quote, modes) in ((3, 500.0, newer), (2, 40_000.0, older), (1, 500.0, newer))
    ]
    (trend,), _ = trends(days)
    assert trend.newest == now
    assert trend.text == f"2026-05-01 to 2026-05-03: lowest {now}, highest {now}; not drawn: {apart}."
    assert (trend.path.count("M"), trend.path.count("L")) == (2, 0)


@pytest.mark.parametrize("key", ["open_breaks", "clean_h", "drawdown"])
def test_number_that_is_no_amount_goes_on_through_a_change_of_currency(key: str) -> None:
    days = [DaySummary(f"2026-05-0{n}", numbers={key: 1.0}, quote=quote) for n, quote in ((2, "BTC"), (1, "USDT"))]
    assert trends(days)[0][0].path.count("L") == 1


def test_zero_is_drawn_where_the_line_crosses_it() -> None:
    ((crossing,), _), ((above,), _) = trends(_days(d1=-1.0, d2=1.0)), trends(_days(d1=0.0, d2=1.0))
    assert (crossing.zero, above.zero) == (HEIGHT // 2, None)


def test_days_without_any_number_have_no_chart() -> None:
    drawn, absent = trends(_days(d1=None))
    assert (drawn, len(absent)) == ([], 8)
    assert trends([])[0] == []


def test_negative_number_has_a_minus_sign() -> None:
    (trend, *_), _ = trends(_days(d1=-1.5, d2=-2.0))
    assert trend.newest == "\N{MINUS SIGN}2 USDT"
    assert "lowest \N{MINUS SIGN}2 USDT, highest \N{MINUS SIGN}1.5 USDT" in trend.text
