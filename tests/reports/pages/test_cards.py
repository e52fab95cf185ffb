from datetime import date
from typing import Any

import polars as pl

from deskgate.reports.pages.cards import bot_cards, gate_cards
from deskgate.reports.pages.link import Link
from deskgate.reports.pages.recent_days import RecentDay

DAYS = [
    RecentDay(date(2026, 5, 2), gap="not run"),
    RecentDay(date(2026, 5, 3), "GO", gates={"soak": "PASS"}, equity={"b1": 10.0}),
    RecentDay(date(2026, 5, 4), "HOLD", gates={"soak": "FAIL"}, equity={"b1": 11.0}),
]

WORDS = ("FAIL", "WAIVED", "PASS")


def _verdicts(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    frame = pl.DataFrame(list(rows), schema=["gate", "subject", "status", "severity"], orient="row")
    return frame.with_columns(stop=False, title=pl.lit("A check"))


def test_gate_that_blocks_stands_first_with_its_days_and_page() -> None:
    rows = _verdicts(
        ("parity", "b1", "PASS", "critical"),
        ("soak", "b1", "FAIL", "critical"),
        ("soak", "b1", "FAIL", "warning"),
    )
    first, second = gate_cards(rows, DAYS, {"soak": "Soak"}, {"soak": Link("07", "07.html")})
    assert (first.title, first.href, first.status.text) == ("Soak", "07.html", "fail")
    assert (first.counted, first.history) == ("1 of 1 check blocks, 1 remark", "blocked on 1 of 2 days")
    assert "failed: 2026-05-04; passed: 2026-05-03; not known: 2026-05-02" in first.strip
    assert (second.title, second.href, second.status.text) == ("parity", None, "pass")


def test_gate_of_nothing_critical_is_a_remark_and_no_pass() -> None:
    (card,) = gate_cards(_verdicts(("soak", "b1", "FAIL", "info")), [], {}, {})
    assert card.status.text == "remark"
    assert gate_cards(pl.DataFrame(), DAYS, {}, {}) == []


def test_bots_stand_worst_first_and_a_disabled_one_is_not_judged() -> None:
    rows = _verdicts(("soak", "b1", "PASS", "critical"), ("soak", "b2", "FAIL", "critical")).with_columns(
        stop=pl.col("subject") == "b2"
    )
    said: dict[str, Any] = {"bot": "b2", "rung": "micro", "since": "2026-05-01T00:00:00Z", "says": "goes down"}
    said |= {"to": ["paper"], "missing": [{"sentence": "Days: 3, expected >= 20"}, {}], "days": {"more": 17}}
    bots = {"b1": "live", "b0": "disabled", "b2": "live", "b3": "paper"}
    cards = bot_cards({"bots": bots, "ladder": [said]}, rows, DAYS, None)
    assert [(card.name, card.status.text) for card in cards] == [
        ("b2", "stop"),
        ("b3", "not judged"),
        ("b1", "pass"),
        ("b0", "not judged"),
    ]
    assert cards[0].rung == "micro since 2026-05-01: goes down to paper"
    assert (cards[0].goes_down, cards[0].tone, cards[2].goes_down) == (True, "fail", False)
    assert cards[0].needs == "Days: 3, expected >= 20; and 1 more; about 17 more days"
    assert (cards[2].equity, cards[2].why) == ("—", "nothing says what it is worth")
    assert "at the end of 2 days from 2026-05-03 on: 10" in cards[2].curve


def test_bot_that_goes_down_is_marked_though_all_its_checks_pass() -> None:
    rows = _verdicts(("soak", "b1", "PASS", "critical"), ("soak", "b2", "PASS", "critical"))
    said = {"bot": "b2", "rung": "micro", "says": "goes down", "to": ["paper"], "missing": [{"sentence": "It stopped"}]}
    cards = bot_cards({"bots": {"b1": "live", "b2": "live"}, "ladder": [said]}, rows, DAYS, None)
    assert [(card.name, card.goes_down, card.tone) for card in cards] == [
        ("b2", True, "insufficient"),
        ("b1", False, "pass"),
    ]


def test_what_is_waived_is_counted_apart_from_what_passed() -> None:
    rows = _verdicts(*(("soak", "b1", status, "critical") for status in ("WAIVED", "WAIVED", "PASS")))
    days = [RecentDay(each.date, "GO", gates={"soak": word}) for each, word in zip(DAYS, WORDS, strict=True)]
    assert bot_cards({"bots": {"b1": "live"}}, rows, DAYS, None)[0].worst == (
        "all 3 checks pass, 2 of them by a waiver"
    )
    (card,) = gate_cards(rows, days, {}, {})
    assert card.history == "blocked on 1 of 3 days, by a waiver on 1"
    assert "passed by a waiver: 2026-05-03" in card.strip
    (card,) = gate_cards(rows, days[1:], {}, {})
    assert card.history == "passed by a waiver on 1 of 2 days"
