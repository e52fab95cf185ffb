import pytest

from deskgate.reports.pages.calendar import WEEKDAYS, calendar, month_name


def test_month_is_weeks_from_monday_with_gaps_between_days() -> None:
    (march,) = calendar({"2026-03-02": "a", "2026-03-05": "b"})
    assert (march.title, len(march.weeks), WEEKDAYS[0]) == ("March 2026", 6, ("Mo", "Monday"))
    assert [date.number if date else None for date in march.weeks[0]] == [None] * 6 + [1]
    told = [(date.day, date.is_gap) for date in march.weeks[1] if date]
    assert (str(march.first), str(march.last)) == ("2026-03-02", "2026-03-05")
    # What comes after the newest day, or before the first, is no gap: nothing is known of it.
    assert told == [("a", False), (None, True), (None, True), ("b", False)] + [(None, False)] * 3


@pytest.mark.parametrize(
    ("days", "titles", "without_runs"),
    [
        ([], [], []),
        (["2026-02-28", "2026-03-01"], ["March 2026", "February 2026"], []),
        (["2025-12-31", "2026-02-01"], ["February 2026", "January 2026", "December 2025"], ["January 2026"]),
        (
            ["2026-01-01", "2026-06-30"],
            ["June 2026", "February 2026 to May 2026", "January 2026"],
            ["February 2026 to May 2026"],
        ),
    ],
)
def test_months_stand_newest_first_and_those_without_a_day_are_named(
    days: list[str], titles: list[str], without_runs: list[str]
) -> None:
    months = calendar(dict.fromkeys(days, "a"))
    assert [month.title for month in months] == titles
    assert [month.title for month in months if not month.weeks] == without_runs


def test_month_of_a_day() -> None:
    assert month_name("2026-03-19") == "March 2026"


def test_month_between_others_is_whole_from_its_first_date_to_its_last() -> None:
    march = calendar(dict.fromkeys(("2026-02-03", "2026-03-10", "2026-04-02"), "a"))[1]
    assert (str(march.first), str(march.last)) == ("2026-03-01", "2026-03-31")
