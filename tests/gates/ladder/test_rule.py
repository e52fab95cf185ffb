"""May a bot move on, does it stay, or does it go down a rung? By rows made by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from deskgate.config.bot import Mode
from deskgate.config.rung import Rung
from deskgate.gates.evaluation import Status
from deskgate.gates.ladder.days import BotDay, Kind
from deskgate.gates.ladder.rule import Says, Standing
from deskgate.gates.ladder.rules import Ladder
from ladder_days import RULES, days, stands

GOOD, GAP, BAD = Kind.COUNTS, Kind.ABSENT, Kind.BLOCKED
# What a paper bot has to be known by.
BY_FIGURES = [need.metric for need in RULES.rungs[Rung.PAPER].needs if need.metric != "days"]
STOPPED = BotDay(datetime(2026, 1, 1, tzinfo=UTC).date(), BAD, own_stop=True, figures={})


def _metrics(standing: Standing) -> list[str]:
    return [each.metric for each in standing.missing]


@pytest.mark.parametrize(
    ("kinds", "says", "missing", "more"),
    [
        ([GOOD] * 20, Says.MOVES, [], 0),
        ([GOOD] * 19, Says.STAYS, ["days", "sharpe"], 1),
        ([GOOD] * 19 + [GAP] + [GOOD], Says.MOVES, [], 0),
        ([GOOD] * 19 + [BAD], Says.STAYS, ["today", "days"], 1),
        ([GOOD] * 20 + [GAP], Says.STAYS, ["today"], 1),
        ([GOOD] * 20 + [Kind.UNJUDGED], Says.STAYS, ["today"], 1),
        ([GOOD] * 20 + [Kind.STOP], Says.STAYS, ["today"], 1),
        ([GOOD] * 10 + [Kind.HOLD] + [GOOD] * 9, Says.MOVES, [], 0),
        ([GOOD] * 19 + [Kind.HOLD], Says.STAYS, ["today"], 1),
        ([GOOD] * 10 + [Kind.UNDECLARED] + [GOOD] * 10, Says.MOVES, [], 0),
        ([GOOD] * 20 + [Kind.UNDECLARED], Says.STAYS, ["today"], 1),
        ([GOOD] * 10 + [Kind.CHANGED] + [GOOD] * 10, Says.STAYS, ["record"], 0),
        ([GOOD] * 9 + [GAP, GAP] + [GOOD] * 11, Says.STAYS, [*BY_FIGURES], None),
        ([GOOD] * 9 + [GAP] * 3 + [GOOD] * 11, Says.STAYS, ["days_share", *BY_FIGURES], None),
        ([Kind.OTHER_RUNG] + [GOOD] * 20, Says.MOVES, [], 0),
        ([GOOD] * 15 + [Kind.OTHER_RUNG] + [GOOD] * 19, Says.STAYS, ["days", "sharpe"], 1),
    ],
)
def test_days_of_a_paper_bot(kinds: list[Kind], says: Says, missing: list[str], more: int) -> None:
    standing = stands("paper", days(*kinds), before=None)
    assert (standing.says, _metrics(standing), standing.days.more) == (says, missing, more)


@pytest.mark.parametrize(
    ("metric", "at", "beyond"),
    [
        ("maker_share", {"maker_share_num": 450.0}, {"maker_share_num": 449.0}),
        ("slippage_p95_bps", {"slippage_bps": [24.9] * 50}, {"slippage_bps": [25.0] * 50}),
        ("fees_bps", {"fees_bps_num": 1.2}, {"fees_bps_num": 1.21}),
        ("paused_share", {"paused_share_num": 25_000.0}, {"paused_share_num": 25_920.0}),
        ("drawdown_share", {"drawdown_share": 0.0199}, {"drawdown_share": 0.02}),
        ("reject_rate", {"reject_rate_num": 0.49}, {"reject_rate_num": 0.5}),
    ],
)
def test_bounds_of_a_metric(metric: str, at: dict[str, Any], beyond: dict[str, Any]) -> None:
    assert stands("paper", days(*[GOOD] * 20, **at)).says is Says.MOVES
    standing = stands("paper", days(*[GOOD] * 20, **beyond))
    assert (standing.says, _metrics(standing)) == (Says.STAYS, [metric])
    assert standing.missing[0].status is Status.FAIL
    assert standing.days.more is None


@pytest.mark.parametrize(
    ("metric", "changes"),
    [
        ("maker_share", {"maker_share_den": 940.0}),
        ("slippage_p95_bps", {"slippage_p95_bps_of": 60.0, "slippage_p95_bps_why": "no mid"}),
        ("fees_bps", {"fees_bps_den": 0.0, "fees_bps_why": "no leg says it"}),
        ("paused_share", {"paused_share_den": 0.0}),
        ("slippage_delta_bps", {"slippage_delta_bps_den": 0.0, "slippage_delta_bps_why": "no shadow"}),
        ("reject_rate", {"reject_rate_den": 0.0, "reject_rate_why": "no stream"}),
    ],
)
def test_metric_that_is_not_known_never_moves_a_bot_on(metric: str, changes: dict[str, Any]) -> None:
    standing = stands("micro", days(*[GOOD] * 28, **changes))
    assert (standing.says, _metrics(standing)) == (Says.STAYS, [metric])
    assert (standing.missing[0].status, standing.missing[0].value) == (Status.INSUFFICIENT, None)
    assert str(changes.get(f"{metric}_why", "known")) in standing.missing[0].sentence


def test_account_without_a_value_has_neither_drawdown_nor_sharpe_ratio() -> None:
    unknown = dict.fromkeys(("worth_start", "worth_end", "worth_low", "worth_high", "equity_start"))
    standing = stands("paper", days(*[GOOD] * 20, **unknown, worth_why="b1 has no opening"))
    assert _metrics(standing) == ["drawdown_share", "sharpe"]
    assert all("b1 has no opening" in each.sentence for each in standing.missing)


@pytest.mark.parametrize(
    ("kinds", "fills", "says", "missing"),
    [
        ([GOOD] * 28, 50, Says.MOVES, []),
        ([GOOD] * 27, 50, Says.STAYS, ["calendar_days"]),
        ([GOOD] * 26 + [GAP] + [GOOD], 50, Says.MOVES, []),
        ([GOOD] * 19 + [BAD] * 8 + [GOOD], 50, Says.MOVES, []),
        ([GOOD] * 18 + [BAD] * 9 + [GOOD], 50, Says.STAYS, ["trading_days"]),
    ],
)
def test_calendar_and_trading_days_of_a_testnet_bot(
    kinds: list[Kind], fills: int, says: Says, missing: list[str]
) -> None:
    standing = stands("testnet", days(*kinds, fills=fills))
    assert (standing.says, _metrics(standing)) == (says, missing)


def test_day_without_a_fill_counts_and_is_no_trading_day() -> None:
    standing = stands("testnet", days(*[GOOD] * 28, fills=0))
    assert (standing.days.counting, standing.days.trading) == (28, 0)
    assert "trading_days" in _metrics(standing)


def test_loss_of_a_day_that_does_not_count_is_not_left_out() -> None:
    bad = BotDay(STOPPED.day, BAD, "b1: Fills missing", figures={"drawdown_share": 0.03})
    standing = stands("paper", days(*[GOOD] * 5, bad, *[GOOD] * 20))
    assert _metrics(standing) == ["drawdown_share"]
    assert standing.gaps == ("2026-05-06: blocked, b1: Fills missing",)


@pytest.mark.parametrize(
    ("rung", "last", "says", "to"),
    [
        ("paper", [STOPPED], Says.STAYS, ["testnet", "micro"]),
        ("testnet", [STOPPED], Says.DOWN, ["paper"]),
        ("micro", [STOPPED], Says.DOWN, ["testnet", "paper"]),
        ("micro", [STOPPED] + [GOOD] * 6, Says.DOWN, ["testnet", "paper"]),
        ("micro", [STOPPED] + [GOOD] * 7, Says.MOVES, ["size"]),
        ("size", [STOPPED], Says.DOWN, ["micro"]),
        ("size", [GOOD], Says.STAYS, []),
        ("size", [GAP] * 7, Says.STAYS, []),
    ],
)
def test_stop_of_its_own_takes_a_bot_down(rung: str, last: list[Any], says: Says, to: list[str]) -> None:
    before = {"paper": None, "size": "micro"}.get(rung, "paper")
    standing = stands(rung, days(*[GOOD] * 28, *last), before=before)
    assert (standing.says, [*standing.to]) == (says, to)


@pytest.mark.parametrize(
    ("changes", "metric"),
    [({"drawdown_share": 0.051}, "drawdown_share"), ({"reject_rate_num": 5.1}, "reject_rate")],
)
def test_hard_bound_takes_a_bot_down(changes: dict[str, Any], metric: str) -> None:
    standing = stands("micro", days(*[GOOD] * 28, **changes))
    assert (standing.says, _metrics(standing)) == (Says.DOWN, [metric])
    assert "in the last 7 days" in standing.missing[0].sentence


@pytest.mark.parametrize(
    ("rung", "before", "says", "words"),
    [
        ("size", "paper", Says.DOWN, "micro was skipped"),
        ("size", "testnet", Says.DOWN, "micro was skipped"),
        ("size", "micro", Says.STAYS, ""),
        ("size", None, Says.STAYS, "no day of micro is on record"),
        ("micro", None, Says.MOVES, "no day of paper or testnet is on record"),
        ("micro", "size", Says.MOVES, ""),
    ],
)
def test_rung_is_never_skipped_silently(rung: str, before: str | None, says: Says, words: str) -> None:
    standing = stands(rung, days(*[GOOD] * 28), before=before)
    said = " ".join([*(each.sentence for each in standing.missing), *standing.notes])
    assert (standing.says, words in said) == (says, True)


def test_rung_that_has_not_begun_stays() -> None:
    standing = stands("paper", days(GOOD), since=datetime(2026, 6, 1, tzinfo=UTC))
    assert (standing.says, _metrics(standing)) == (Says.STAYS, ["since"])


def test_rung_of_today_has_no_whole_day() -> None:
    standing = stands("micro", [], since=datetime(2026, 5, 1, 7, tzinfo=UTC))
    assert (standing.says, standing.missing[0].metric) == (Says.STAYS, "today")


def test_disabled_bot_stays() -> None:
    assert stands("micro", days(*[GOOD] * 28), mode=Mode.DISABLED).says is Says.STAYS


@pytest.mark.parametrize("left", range(1, 29))
def test_taking_a_day_away_never_moves_a_bot_on(left: int) -> None:
    kinds = [GOOD] * 19 + [BAD] * 9
    kinds[left - 1] = GAP
    assert stands("paper", days(*kinds)).says is Says.STAYS


def test_what_the_file_says_of_days_decides() -> None:
    raw = RULES.model_dump(mode="json", exclude={"sha256", "milder"})
    raw["days"] |= {"hold": "skip", "stop": "restart"}
    strict = Ladder.model_validate(raw)
    assert stands("paper", days(*[GOOD] * 19, Kind.HOLD), rules=strict).says is Says.STAYS
    standing = stands("paper", days(*[GOOD] * 19, Kind.STOP, GOOD), rules=strict)
    assert (standing.days.counting, str(standing.days.first)) == (1, "2026-05-21")


def test_standing_is_plain_json() -> None:
    content = stands("micro", days(*[GOOD] * 3, STOPPED)).as_json()
    assert (content["says"], content["rung"], content["since"]) == ("goes down", "micro", "2026-05-01T00:00:00Z")
    assert content["missing"][0]["status"] == "FAIL"
    assert content["days"] == {"counting": 3, "trading": 3, "calendar": 4, "first": "2026-05-01", "more": None}
