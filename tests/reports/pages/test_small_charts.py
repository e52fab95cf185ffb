from datetime import date

from deskgate.reports.pages.small_charts import day_strip, line

DAYS = [date(2026, 5, n) for n in range(1, 5)]


def test_strip_says_each_day_and_a_day_not_known_is_no_pass() -> None:
    strip = day_strip(list(zip(DAYS, ("STOP", "", "PASS", "INSUFFICIENT"), strict=True)))
    assert (
        'aria-label="stopped: 2026-05-01; could not be shown: 2026-05-04; passed: 2026-05-03; not known: 2026-05-02"'
        in strip
    )
    assert '<path fill="var(--fail)" d="M0 0h6v20h-6z"/>' in strip
    assert '<path fill="var(--pass)" d="M16 14h6v6h-6z"/>' in strip
    assert '<path fill="var(--muted)" d="M8 19h6v1h-6z"/>' in strip


def test_line_is_broken_where_a_value_is_not_known() -> None:
    drawn = line([1.0, 2.0, None, 3.0], "a <b> & c")
    assert drawn.split('d="')[1].split('"')[0].count("M") == 2
    assert 'aria-label="a &lt;b&gt; &amp; c"' in drawn
    assert drawn.count("<circle") == 1


def test_line_of_equal_values_stands_in_the_middle_and_of_none_is_nothing() -> None:
    assert "M3.0 14.0L123.0 14.0" in line([5.0, 5.0], "x")
    assert line([None, None], "x") == ""
