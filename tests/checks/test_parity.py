"""What parity measures of a compared bot, and what the gate makes of it."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.checks import parity
from deskgate.checks.registry import run_checks
from deskgate.config.accounting import Accounting
from deskgate.config.bot import Mode
from deskgate.config.paths import SUITES
from deskgate.gates.evaluation import Status, Verdict, evaluate
from deskgate.gates.suites import load_suites
from deskgate.measures.registry import GATED
from desks import NOON, bot, by_accounting, case, desk, sources, values
from parity.trading_days import Rows, day, shadowed, trading
from tiers import quick

SUITES_IN_USE = load_suites(SUITES)


def costs(seed: int, mean: int = -10) -> list[int]:
    """Return a day's costs in bps, without any order."""
    random = Random(seed)
    return [mean + random.randint(-4, 4) for _ in range(288)]


def filled(seed: int, percent: int = 60) -> list[bool]:
    """Return which of a day's orders are filled: so many of a hundred, without any order."""
    turns = [n < percent for n in range(100)] * 3
    Random(seed).shuffle(turns)
    return turns


def two_days(mean: int = -10, percent: int = 60) -> list[Rows]:
    live = trading("b1", costs_bps=costs(1, mean), filled=filled(2, percent))
    return [live, trading("b2", costs_bps=costs(3), filled=filled(2), late_s=2)]


def verdicts(found: Case) -> dict[str, Verdict]:
    metrics, _ = run_checks(found, ["parity"])
    return {each.check: each for each in evaluate({"parity": SUITES_IN_USE["parity"]}, metrics, found.desk)}


def test_a_bot_that_trades_as_its_shadow_passes_every_check() -> None:
    found = verdicts(day(*shadowed(), rows=two_days()))
    assert {name: (each.status, each.reason) for name, each in found.items() if each.status is not Status.PASS} == {}


@pytest.mark.parametrize(
    ("mean", "percent", "check", "status", "title"),
    quick(
        [
            (2, 60, "slippage_bps_delta", Status.FAIL, "Slippage: live minus reference, the day"),
            (-25, 60, "slippage_bps_delta", Status.FAIL, "Slippage: live better than its reference, the day"),
            (-5, 60, "slippage_bps_delta", Status.INSUFFICIENT, "Slippage: live minus reference, the day"),
            (2, 60, "slippage_bps_soak_delta", Status.FAIL, "Slippage: live minus reference, since the baseline"),
            (20, 60, "slippage_bps_delta_hard", Status.FAIL, "Slippage: live minus reference, hard limit"),
            (-10, 25, "fill_ratio_delta", Status.FAIL, "Fill ratio: live below its reference, the day"),
            (-10, 100, "fill_ratio_delta", Status.FAIL, "Fill ratio: live minus reference, the day"),
            (
                2,
                60,
                "realized_gross_bps_delta",
                Status.FAIL,
                "Realised PnL before fees: live below its reference, the day",
            ),
        ],
        2,
    ),
)
def test_a_bot_that_trades_otherwise(mean: int, percent: int, check: str, status: Status, title: str) -> None:
    found = verdicts(day(*shadowed(), rows=two_days(mean, percent)))[check]
    assert (found.status, found.title) == (status, title), found.reason
    assert found.stops is (check == "slippage_bps_delta_hard")


def test_what_is_not_decided_says_what_the_sample_could_show() -> None:
    found = verdicts(day(*shadowed(), rows=two_days(-5)))["slippage_bps_soak_delta"]
    assert found.status is Status.INSUFFICIENT
    assert "does not show in" in found.reason


@pytest.mark.slow
def test_fills_priced_by_their_own_word_are_counted() -> None:
    rows = [trading(name, filled=(True,)) for name in ("b1", "b2")]
    rows[0]["mids"] = [{**row, "best_bid": None, "best_ask": None, "path": "fills.csv"} for row in rows[0]["mids"]]
    log = {**sources("local")[0], "kind": "controller_fills", "path": "fills.csv"}
    legs = [row for name in ("b1", "b2") for row in sources("local", "events", "exchange", bot=name)]
    tables: dict[str, Any] = {name: rows[0][name] + rows[1][name] for name in rows[0]}
    found = case(desk(*shadowed()), sources=[*legs, log], **tables)
    coverage = next(each for each in parity.check(found).metrics if each.metric == "mid_coverage")
    assert (coverage.value, coverage.note) == (1, "288 of the 288 fills of b1 have no mid but `mid_ref` of a fill")


def test_few_fills_decide_nothing() -> None:
    live, shadow = (trading(name, until=NOON - timedelta(hours=11)) for name in ("b1", "b2"))
    found = verdicts(day(*shadowed(), rows=[live, shadow]))
    assert {found[f"{measure.name}{span}"].status for measure in GATED for span in ("_delta", "_soak_delta")} == {
        Status.INSUFFICIENT
    }


def test_a_shadow_that_stopped_at_noon_is_too_little_to_compare() -> None:
    live, _ = two_days()
    found = verdicts(day(*shadowed(), rows=[live, trading("b2", costs_bps=costs(3), filled=filled(4), until=NOON)]))
    assert (found["matched_share"].status, found["matched_share"].observed) == (Status.INSUFFICIENT, 0.5)


@pytest.mark.slow
def test_a_feed_that_hangs_all_day_leaves_no_mid() -> None:
    rows = two_days()
    for part in rows:
        for row in part["mids"]:
            row.update({"mid": 100, "best_bid": 99, "best_ask": 101})
    found = verdicts(day(*shadowed(), rows=rows))
    assert found["mid_coverage"].status is Status.INSUFFICIENT
    assert found["slippage_bps_delta"].status is Status.INSUFFICIENT


@pytest.mark.parametrize(("lost", "status"), quick([(0, Status.PASS), (30, Status.INSUFFICIENT)]))
def test_orders_of_which_only_fills_are_known_are_no_sample(lost: int, status: Status) -> None:
    """A tenth of the shadow's orders are in none of its own records: what is left agrees, and says nothing of them."""
    live, shadow = two_days()
    gone = {row["order_id"] for row in shadow["fills"]}
    gone = set(sorted(gone)[:lost])
    shadow["orders"] = [row for row in shadow["orders"] if row["order_id"] not in gone]
    found = verdicts(day(*shadowed(), rows=[live, shadow]))
    assert found["reject_rate_delta"].status is Status.PASS
    assert found["measured_share"].status is status, found["measured_share"].reason
    if lost:
        assert found["measured_share"].reason.endswith("could be measured")


def test_a_live_bot_without_anything_to_compare_with_has_no_value() -> None:
    found = parity.check(day(bot(), rows=[trading("b1")]))
    assert set(values(found.metrics).values()) == {None}
    assert all("neither `shadow`" in (metric.note or "") for metric in found.metrics)


def test_a_paper_bot_alone_is_not_compared() -> None:
    assert parity.check(day(bot(mode=Mode.PAPER), rows=[trading("b1")])).metrics == []
    assert desk(bot(mode=Mode.PAPER)).judged


@pytest.mark.parametrize("accounting", Accounting)
def test_realised_pnl_says_by_which_method(accounting: Accounting) -> None:
    of = by_accounting(case(desk(*shadowed())), accounting)
    notes = {metric.metric: metric.note for metric in parity.check(of).metrics}
    realised = {name: str(note) for name, note in notes.items() if name.startswith("realized")}
    assert len(realised) == 8
    assert all(note.endswith(f"realised by {accounting.words}") for note in realised.values())
    assert not any("realised by" in (note or "") for name, note in notes.items() if name not in realised)
