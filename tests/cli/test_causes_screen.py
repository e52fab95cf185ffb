"""What a GO still needs, on a screen: 80 columns, 16 lines, the worst as fully as fits, nothing left out unsaid."""

from dataclasses import replace

from deskgate.cli.causes_screen import LINES, causes_screen, short_name
from deskgate.reports.blocking_cause import BlockingCause, Kind

LONG = "market-maker-" + "x" * 60 + "-eu-7"
CAUSE = BlockingCause(
    Kind.STOP,
    f"{LONG} has written nothing since 2026-03-03 22:39 UTC, 81 min before 2026-03-04 00:00",
    "See at the host whether it runs. " * 6,
    *(11, 11, (), (LONG,), (), "r"),
    value_quote=65.46,
    quote="USDT",
    breaks=("5131f02035df", "a", "b", "c"),
    since="2026-03-03T22:39:22Z",
)


def test_one_cause_is_shown_with_its_value_since_when_breaks_and_what_to_do() -> None:
    lines = causes_screen([CAUSE])
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 80
    text = " ".join(line.strip() for line in lines)
    assert "1 STOP: market-make…xxxxxxx-eu-7 has written nothing" in text
    assert (
        "value of its breaks: 65.46 USDT · since 2026-03-03 22:39 UTC · 11 checks · breaks 5131f02035df, a, b and 1 more"
        in text
    )
    assert "-> See at the host" in text


def test_many_causes_fit_the_screen_and_those_left_out_are_counted() -> None:
    many = [CAUSE, *(replace(CAUSE, kind=Kind.FAILED, verdicts=2) for _ in range(39))]
    lines = causes_screen(many)
    assert len(lines) == LINES
    assert max(map(len, lines)) <= 80
    assert any(line.startswith(" 2 65.46 USDT: market-make…") for line in lines)
    shown = sum(line[:2].strip().isdigit() for line in lines)
    assert lines[-1].strip() == f"and {40 - shown} more, of {2 * (40 - shown)} checks: the day's page has all"


def test_stop_conditions_that_are_left_out_are_counted_apart() -> None:
    lines = causes_screen([*[CAUSE] * 25, *[replace(CAUSE, kind=Kind.FAILED)] * 3])
    shown = sum(line[:2].strip().isdigit() for line in lines)
    assert f"and {28 - shown} more ({25 - shown} STOP), of " in lines[-1]


def test_nothing_that_blocks_is_no_line_and_a_name_is_one_line() -> None:
    assert causes_screen([]) == []
    assert causes_screen([replace(CAUSE, cause="a\nb\x1b[31m", subjects=())])[1] == " 1 STOP: a b\\u001b[31m"


def test_name_that_is_too_long_loses_its_middle() -> None:
    assert [short_name("a" * 24), short_name("abcdefgh", 5)] == ["a" * 24, "ab…gh"]
