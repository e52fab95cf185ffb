"""What a controller believes of its account, against opening, fills and mids, and by its own count."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.findings import Metric, metrics_frame
from deskgate.checks.own_figures.check import METRICS, check
from deskgate.checks.own_figures.minutes import FIGURES
from deskgate.config.accounting import Accounting
from deskgate.config.bot import Mode
from deskgate.config.paths import SUITES
from deskgate.gates.evaluation import Status, evaluate
from deskgate.gates.suites import load_suites
from desks import NOON, bot, by_accounting, case, desk, fills
from tiers import quick

ALL = ("local", "events", "exchange")
COUNTED = {
    "daily_loss_pct": "0.01",
    "drawdown_pct": "0.02",
    "position_drift_share": "0.001",
    "margin_ratio": "1",
    "realized_pnl_today_quote": "0",
}
MONEY = {*COUNTED, "equity_quote", "position_base"}


def record(minute: int, path: str = "a/minute.csv", **stated_otherwise: Any) -> dict[str, Any]:
    """Return an honest record: 1 BTC is bought at noon for 100 and a fee of 0.1, the mid stays at 100."""
    bought = minute >= 0
    honest = {**COUNTED, "equity_quote": "999.9" if bought else "1000", "position_base": "1" if bought else "0"}
    stated = {**honest, "ws_reconnect_count": 5, "order_book_stale": False, **stated_otherwise}
    figures = {name: Decimal(value) if name in MONEY and value is not None else value for name, value in stated.items()}
    return {
        "ts": NOON + timedelta(minutes=minute, seconds=1),
        "pair": "BTC-USDT",
        "mid": Decimal(100),
        "path": path,
        **figures,
    }


def measured(*rows: dict[str, Any], mode: Mode = Mode.LIVE, frozen: datetime | None = None) -> dict[str, Metric]:
    mids = [{"ts": row["ts"], "pair": "BTC-USDT", "mid": Decimal(100)} for row in rows]
    about = {
        "effective_at": frozen,
        "recorded_at": frozen,
        "by": "ann",
        "why": "new",
        "digests": "{}",
        "settings": "{}",
    }
    baselines = [about] if frozen else []
    of = case(desk(bot(mode=mode)), fills=fills(*ALL), mids=mids, snapshots=list(rows), baselines=baselines)
    return {metric.metric: metric for metric in check(of).metrics}


def day(since: int = -10, until: int = 20, **stated_otherwise: Any) -> list[dict[str, Any]]:
    """Return honest records, but for those of noon and later."""
    return [record(minute, **(stated_otherwise if minute >= 0 else {})) for minute in range(since, until)]


def test_honest_controller_is_off_by_nothing() -> None:
    got = {name: metric.value for name, metric in measured(*day()).items()}
    assert got == {
        "position_base_off": 0,
        "equity_change_off": pytest.approx(0, abs=1e-12),
        "realized_pnl_off": 0,
        "own_daily_loss": 0.01,
        "own_drawdown": 0.02,
        "own_position_drift": 0.001,
        "own_margin_ratio": 1,
        "book_stale_min": 0,
        "ws_reconnects": 0,
        "figures_judged_share": 1,
        "figures_unrecorded": 0,
    }


@pytest.mark.parametrize(
    ("name", "stated_otherwise", "value"),
    quick(
        [
            ("position_base_off", {"position_base": "3"}, 200 / 999.9),
            ("position_base_off", {"position_base": "-1"}, 200 / 999.9),
            ("equity_change_off", {"equity_quote": "99.99"}, 899.91 / 999.9),
            ("realized_pnl_off", {"realized_pnl_today_quote": "-250"}, 250 / 999.9),
            ("own_daily_loss", {"daily_loss_pct": "0.5"}, 0.5),
            ("own_drawdown", {"drawdown_pct": "0.6"}, 0.6),
            ("own_position_drift", {"position_drift_share": "99"}, 99),
            ("own_margin_ratio", {"margin_ratio": "0.01"}, 0.01),
            ("book_stale_min", {"order_book_stale": True}, 20),
            ("ws_reconnects", {"ws_reconnect_count": 5000}, 4995),
            # A restart counts anew.
            ("ws_reconnects", {"ws_reconnect_count": 2}, 2),
        ],
        3,
    ),
)
def test_figure_that_lasts_counts(name: str, stated_otherwise: dict[str, Any], value: float) -> None:
    assert measured(*day(**stated_otherwise))[name].value == pytest.approx(value)


@pytest.mark.parametrize(
    "stated_otherwise",
    quick([{"position_base": "3"}, {"equity_quote": "1"}, {"daily_loss_pct": "0.5"}, {"margin_ratio": "0.01"}]),
)
def test_figure_of_one_record_does_not(stated_otherwise: dict[str, Any]) -> None:
    rows = [*day(until=10), record(10, **stated_otherwise), *[record(minute) for minute in range(11, 20)]]
    honest = {name: metric.value for name, metric in measured(*day()).items()}
    assert {name: metric.value for name, metric in measured(*rows).items()} == pytest.approx(honest, abs=1e-9)


def test_equity_by_another_definition_is_judged_by_its_change() -> None:
    rows = [{**row, "equity_quote": row["equity_quote"] - 700} for row in day()]
    assert measured(*rows)["equity_change_off"].value == pytest.approx(0, abs=1e-12)


def test_two_controllers_may_each_have_a_part_or_the_whole() -> None:
    other: dict[str, Any] = {"path": "b/minute.csv"}
    parts = [*day(position_base="0.4"), *day(position_base="0.6", **other)]
    both = [*day(), *[{**row, **other} for row in day()]]
    wrong = [*day(position_base="0.4"), *day(position_base="0.4", **other)]
    found = [measured(*rows)["position_base_off"].value for rows in (parts, both, wrong)]
    assert found == pytest.approx([0, 0, 20 / 999.9])


def test_market_that_is_held_and_that_no_controller_states_counts() -> None:
    rows = [{**row, "pair": "ETH-USDT", "position_base": Decimal(0)} for row in day()]
    got = measured(*rows)["position_base_off"]
    assert got.value == pytest.approx(100 / 999.9)
    assert got.note == "position_base of BTC-USDT, at 12:02 UTC"


def test_change_of_equity_is_since_the_controllers_own_first_record() -> None:
    late: dict[str, Any] = {"path": "b/minute.csv"}
    first = day(until=10, equity_quote="899.9")
    lost = [{**row, "equity_quote": Decimal(500), **late} for row in day(5, 20)]
    # Each has its own capital; the second one starts after the fill, and nothing changes from then on.
    assert measured(*day(), *lost)["equity_change_off"].value == pytest.approx(0, abs=1e-12)
    # The first one is 100 off before the second one starts.
    assert measured(*first, *lost)["equity_change_off"].value == pytest.approx(100 / 999.9)


def test_two_controllers_that_state_the_whole_account_each_count_since_their_own_first_record() -> None:
    trades = [*fills(*ALL), *fills(*ALL, trade_id="t0", ts=NOON - timedelta(minutes=7))]

    def whole(since: int, path: str) -> list[dict[str, Any]]:
        paid = {minute: (minute >= -7) + (minute >= 0) for minute in range(since, 20)}
        return [record(minute, path, equity_quote=str(1000 - Decimal("0.1") * n)) for minute, n in paid.items()]

    rows = [*whole(-10, "a/minute.csv"), *whole(-5, "b/minute.csv")]
    mids = [{"ts": row["ts"], "pair": "BTC-USDT", "mid": Decimal(100)} for row in rows]
    got = {metric.metric: metric for metric in check(case(fills=trades, mids=mids, snapshots=rows)).metrics}
    assert got["equity_change_off"].value == pytest.approx(0, abs=1e-12)


def priced_from(minute: int, *rows: dict[str, Any]) -> Metric:
    """Return `equity_change_off` of records of which those before a minute have no mid; the 1 BTC is bought long before."""
    bought = fills(*ALL, ts=NOON - timedelta(minutes=40))
    mids = [{"ts": NOON + timedelta(minutes=n), "pair": "BTC-USDT", "mid": Decimal(100)} for n in range(minute, 20)]
    of = case(fills=bought, mids=mids, snapshots=[{**row, "mid": None} for row in rows])
    return next(metric for metric in check(of).metrics if metric.metric == "equity_change_off")


def test_change_of_equity_begins_where_the_account_has_a_value() -> None:
    held: dict[str, Any] = {"equity_quote": "999.9"}
    other = [record(minute, "b/minute.csv", **held) for minute in range(-5, 20)]
    early = [record(minute, **held) for minute in range(-10, 0)]
    # The first controller states an equity before anything values the account; what it loses later is seen all the same.
    for lost, off in (("999.9", 0), ("99.99", 899.91 / 999.9)):
        late = [record(minute, equity_quote=lost) for minute in range(20)]
        for rows in ((*early, *late), (*early, *late, *other)):
            assert priced_from(-5, *rows).value == pytest.approx(off, abs=1e-12)


def test_change_of_equity_is_not_judged_without_a_value_of_the_account() -> None:
    assert priced_from(20, *[record(minute) for minute in range(-10, 20)]).value is None


def test_record_without_a_pair_is_of_its_folders_controller() -> None:
    rows = day(ws_reconnect_count=7)
    without = [{**row, "pair": None} if n == 15 else row for n, row in enumerate(rows)]
    honest = {name: metric.value for name, metric in measured(*rows).items()}
    assert {name: metric.value for name, metric in measured(*without).items()} == honest


def test_records_of_half_a_minute_are_no_more_minutes() -> None:
    rows = day(order_book_stale=True)
    halves = [{**row, "ts": row["ts"] + timedelta(seconds=s)} for row in rows for s in (0, 30)]
    assert measured(*halves)["book_stale_min"].value == 20
    # What is missing between two stale records was no better.
    assert measured(*[row for n, row in enumerate(rows) if not 12 <= n < 28])["book_stale_min"].value == 20


@pytest.mark.parametrize(
    ("column", "name"),
    quick(
        [
            ("position_base", "position_base_off"),
            ("equity_quote", "equity_change_off"),
            ("realized_pnl_today_quote", "realized_pnl_off"),
            ("daily_loss_pct", "own_daily_loss"),
            ("margin_ratio", "own_margin_ratio"),
            ("order_book_stale", "book_stale_min"),
            ("ws_reconnect_count", "ws_reconnects"),
        ],
        2,
    ),
)
def test_figure_that_the_records_lack(column: str, name: str) -> None:
    without = [{**row, column: None} for row in day()]
    never = measured(*without)
    # Nothing is judged by it: no value that could pass, and a warning that says so.
    assert (name in never, never["figures_unrecorded"].value) == (False, 1)
    assert never["figures_unrecorded"].note == f"not recorded since the frozen baseline: {column}"
    partly = measured(*without[:15], *day()[15:])
    assert (partly["figures_judged_share"].value, partly["figures_unrecorded"].value) == (0.5, 0)
    assert partly["figures_judged_share"].note == f"{column} could be judged least often"


@pytest.mark.parametrize("days_before", quick([2, 8, 400]))
@pytest.mark.parametrize("folder", ["a", "retired"])
def test_figure_that_was_lost_blocks_however_long_ago_it_was(days_before: int, folder: str) -> None:
    last = record(-1440 * days_before, f"{folder}/minute.csv")
    rows = [last, *[{**row, "daily_loss_pct": None} for row in day()]]
    lost = measured(*rows)["own_daily_loss"]
    assert (lost.value, lost.note) == (None, "minute.csv of b1 has no daily_loss_pct")
    frozen = NOON - timedelta(days=days_before)
    assert measured(*rows, frozen=frozen)["own_daily_loss"].value is None
    # Frozen anew since then: the controller's figures are what they are from there on.
    assert "own_daily_loss" not in measured(*rows, frozen=frozen + timedelta(days=1))
    # Nor does a later record say that the day lacks it.
    assert "own_daily_loss" not in measured(*rows[1:], record(1440))


def test_figure_that_one_of_two_controllers_never_records_is_a_warning() -> None:
    other = [{**row, "path": "b/minute.csv", "ws_reconnect_count": None} for row in day()]
    got = measured(*day(), *other)
    assert (got["ws_reconnects"].value, got["figures_judged_share"].value, got["figures_unrecorded"].value) == (0, 1, 1)
    lost = measured(record(-2880, "b/minute.csv"), *day(), *other)
    assert (lost["figures_judged_share"].value, lost["figures_unrecorded"].value) == (0, 0)


def test_absent_figure_is_neither_pass_nor_failure() -> None:
    without = [{**row, "daily_loss_pct": None} for row in day()]

    def verdicts(*rows: dict[str, Any]) -> dict[str, Status]:
        metrics = metrics_frame("reconciliation", measured(*rows).values())
        suite = load_suites(SUITES)["reconciliation"]
        found = evaluate({"reconciliation": suite}, metrics, desk(bot(mode=Mode.LIVE)))
        return {verdict.check: verdict.status for verdict in found}

    assert verdicts(*day())["own_daily_loss"] is Status.PASS
    never = verdicts(*without)
    assert ("own_daily_loss" in never, never["figures_unrecorded"]) == (False, Status.FAIL)
    assert verdicts(record(-14400), *without)["own_daily_loss"] is Status.INSUFFICIENT
    assert verdicts()["own_daily_loss"] is Status.INSUFFICIENT


@pytest.mark.parametrize("before", [[], [record(-2880)]])
def test_without_any_figure_nothing_is_judged(before: list[dict[str, Any]]) -> None:
    without = [{**row, **dict.fromkeys(FIGURES.values())} for row in day()]
    got = measured(*before, *without)
    assert (got["figures_judged_share"].value, got["figures_judged_share"].sample) == (None, 0)
    assert got["figures_judged_share"].note == (
        "none of the 30 minute records of b1 on 2026-05-04 has a figure that could be judged"
    )
    assert (got["figures_unrecorded"].value, got.get("own_drawdown") is None) == (0 if before else 9, not before)


def test_minutes_without_a_mid_are_not_judged() -> None:
    rows = [{**row, "mid": None} for row in day(until=10)]
    # The last mid is too old for what is held from noon on; before it nothing is held, and needs none.
    mids = [{"ts": NOON - timedelta(hours=2), "pair": "BTC-USDT", "mid": Decimal(100)}]
    got = {m.metric: m for m in check(case(fills=fills(*ALL), mids=mids, snapshots=rows)).metrics}
    assert got["equity_change_off"].value == pytest.approx(0, abs=1e-12)
    assert got["figures_judged_share"].value == 0.5


def test_bot_without_records_has_no_value_and_paper_has_no_account() -> None:
    assert {metric.value for metric in measured().values()} == {None}
    assert {metric.metric for metric in check(case()).metrics} == {spec.name for spec in METRICS}
    paper = measured(*day(), mode=Mode.PAPER)
    always = {"figures_judged_share", "figures_unrecorded"}
    assert set(paper) == {"own_daily_loss", "own_drawdown", "book_stale_min", "ws_reconnects"} | always


@pytest.mark.parametrize(
    ("accounting", "note"),
    [
        (Accounting.AVERAGE, None),
        (Accounting.FIFO, "by average cost, as controllers count; the desk's own method is FIFO"),
    ],
)
def test_realised_is_compared_by_average_cost(accounting: Accounting, note: str | None) -> None:
    # Bought at 100 and 110, one of both sold at 120: 15 by average cost, 20 first in, first out.
    trades = [("t1", "BUY", 100), ("t2", "BUY", 110), ("t3", "SELL", 120)]
    rows = [row for name, side, price in trades for row in fills(*ALL, trade_id=name, side=side, price=Decimal(price))]
    told = day(realized_pnl_today_quote="15")
    mids = [{"ts": row["ts"], "pair": "BTC-USDT", "mid": Decimal(100)} for row in told]
    of = by_accounting(case(fills=rows, mids=mids, snapshots=told), accounting)
    found = next(metric for metric in check(of).metrics if metric.metric == "realized_pnl_off")
    assert (found.value, found.note) == (0, note)
