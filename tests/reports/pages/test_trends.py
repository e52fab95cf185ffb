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
    assert equity.newest == "— on 2026-05-02; 1 USDT on 2026-05-01"


def test_zero_is_drawn_where_the_line_crosses_it() -> None:
    ((crossing,), _), ((above,), _) = trends(_days(d1=-1.0, d2=1.0)), trends(_days(d1=0.0, d2=1.0))
    assert (crossing.zero, above.zero) == (HEIGHT // 2, None)


def test_days_without_any_number_have_no_chart() -> None:
    drawn, absent = trends(_days(d1=None))
    assert (drawn, len(absent)) == ([], 8)
    assert trends([])[0] == []
