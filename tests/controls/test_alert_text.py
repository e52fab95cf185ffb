"""The text of an alert: what is left of it where its service takes less."""

import pytest

from deskgate.controls.alert_text import LISTED, alert_body, fit_alert

WITNESS = ["audit checkpoint {" + "a" * 300 + "}", "Keep this message."]
ADVICE = "Stand down."


def fit(findings: list[str], body_max: int, *, title: str = "desk: STOP", title_max: int = 250) -> tuple[str, str]:
    body = alert_body(findings, [ADVICE])
    return fit_alert(title, body, WITNESS, title_max=title_max, body_max=body_max)


def test_short_alert_is_as_it_was() -> None:
    assert fit(["a", "b"], 2000) == ("desk: STOP", "\n".join(["a", "b", "", ADVICE, *WITNESS]))


@pytest.mark.parametrize("body_max", [1024, 2000, 4096])
@pytest.mark.parametrize("finding", ["bot1: fills/missing: " + "x" * 150, "ü" * 3000, "€" * 40])
def test_long_alert_keeps_first_findings_what_to_do_and_checkpoint(body_max: int, finding: str) -> None:
    title, text = fit([f"{n} {finding}" for n in range(200)], body_max)
    lines = text.splitlines()
    assert len((title + text).encode()) <= body_max
    assert (lines[0][:4], lines[-3:]) == (f"0 {finding}"[:4], [ADVICE, *WITNESS])
    shown = len(lines) - 4
    assert (lines[shown], 0 < shown <= LISTED) == (f"and {200 - shown} more", True)


def test_many_short_findings_are_not_all_listed() -> None:
    lines = fit(["x"] * (LISTED + 3), 32768)[1].splitlines()
    assert lines == [*["x"] * LISTED, "and 3 more", ADVICE, *WITNESS]


def test_checkpoint_that_would_fill_the_message_is_left_out_whole() -> None:
    title, text = fit(["bot1: fills missing " + "x" * 300, "bot2"], 160, title="t" * 500, title_max=0)
    assert len((title + text).encode()) <= 160
    assert ("bot1" in text, "and 1 more" in text, ADVICE in text, "checkpoint" in text) == (True, True, True, False)


def test_long_title_is_cut() -> None:
    assert fit(["a"], 2000, title="t" * 300, title_max=250)[0] == "t" * 247 + "…"


def test_text_without_a_blank_line_is_findings_alone() -> None:
    text = fit_alert("t", "\n".join(["x"] * 30), WITNESS, title_max=250, body_max=2000)[1]
    assert text.splitlines()[LISTED:] == ["and 10 more", *WITNESS]
