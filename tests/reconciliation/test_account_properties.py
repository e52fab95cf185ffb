"""An honest account is never a drift, whatever it trades; and one thing that goes wrong is one, whenever it does."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.case.findings import Findings
from deskgate.config.bot import Opening
from deskgate.reconciliation.accounts import check as positions
from desks import START, bot, case, desk, fills, values
from examples import few

pytestmark = pytest.mark.slow

ALL = ("local", "events", "exchange")
PAIRS = ("BTC-USDT", "ETH-USDT")
MINUTES = st.integers(1, 1439)


@dataclass
class Account:
    """An account at a venue, minute by minute: what it holds, what its money is, and which snapshots it exported."""

    money: Decimal = Decimal(1000)
    held: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(PAIRS, Decimal(0)))
    rows: dict[str, Any] = field(
        default_factory=lambda: {name: [] for name in ("fills", "funding", "transfers", "positions", "balances")}
    )

    def trade(self, at: int, pair: str, quantity: int, price: int) -> None:
        side, fee = ("BUY" if quantity > 0 else "SELL"), Decimal("0.01")
        values = {
            "pair": pair,
            "side": side,
            "price": Decimal(price),
            "quantity": Decimal(abs(quantity)),
            "fee_amount": fee,
        }
        self.rows["fills"] += fills(*ALL, trade_id=f"t{len(self.rows['fills'])}", ts=_at(at), **values)
        self.held[pair] += quantity
        self.money -= quantity * price + fee

    def pay(self, at: int, pair: str, amount: int) -> None:
        row = {"ts": _at(at), "pair": pair, "amount": Decimal(amount), "funding_id": f"f{at}"}
        self.rows["funding"] += [{"leg": leg, **row} for leg in ("local", "exchange")]
        self.money += amount

    def move(self, at: int, amount: int) -> None:
        self.rows["transfers"].append({"leg": "exchange", "ts": _at(at), "token": "USDT", "amount": Decimal(amount)})
        self.money += amount

    def snapshot(self, at: int, marks: dict[str, int]) -> None:
        for pair, quantity in self.held.items():
            row = {"pair": pair, "quantity": quantity, "mark_price": Decimal(marks[pair])}
            self.rows["positions"].append({"leg": "exchange", "ts": _at(at), **row})
        total = self.money + sum(quantity * marks[pair] for pair, quantity in self.held.items())
        self.rows["balances"].append({"leg": "exchange", "ts": _at(at), "token": "USDT", "total": total})


def _at(minute: int) -> Any:
    return START + timedelta(minutes=minute)


prices = st.integers(50, 150)
steps = st.one_of(
    st.tuples(st.just("trade"), st.sampled_from(PAIRS), st.sampled_from([-3, -1, 1, 2]), prices),
    st.tuples(st.just("pay"), st.sampled_from(PAIRS), st.integers(-5, 5).filter(bool)),
    st.tuples(st.just("move"), st.sampled_from([-300, 500])),
    st.tuples(st.just("snapshot"), st.fixed_dictionaries(dict.fromkeys(PAIRS, prices))),
    st.tuples(st.just("snapshot"), st.fixed_dictionaries(dict.fromkeys(PAIRS, prices))),
)
stories = st.dictionaries(MINUTES, steps, max_size=14)
LAST = 1440, ("snapshot", dict.fromkeys(PAIRS, 100))
OPENINGS = {
    "configured": Opening(at=START, balance={"USDT": Decimal(1000)}),
    "held": Opening(at=START, balance={"USDT": Decimal(1200)}, position={"BTC-USDT": Decimal(2)}),
    "none": None,
}


def run(story: dict[int, tuple[Any, ...]], opened: str, wrong: tuple[int, str, Any] | None = None) -> Findings:
    """Live through a story; `wrong` is what happens to the account at some minute and nobody records."""
    account = Account()
    if opened == "held":
        account.held["BTC-USDT"] = Decimal(2)
    events = {**story, LAST[0]: LAST[1]}
    if opened != "configured":
        events = (
            {0: LAST[1], **events}
            if opened == "none"
            else {1: LAST[1], **{at: it for at, it in events.items() if at > 1}}
        )
    for at, (what, *how) in sorted(events.items()):
        if wrong and wrong[0] < at:
            _, kind, amount = wrong
            if kind == "money":
                account.money += amount
            else:
                account.held[kind] += amount
                account.money -= amount * 100
            wrong = None
        getattr(account, what)(at, *how)
    return positions.check(case(desk(bot(pairs=list(PAIRS), opening=OPENINGS[opened])), **account.rows))


@few()
@given(stories, st.sampled_from(sorted(OPENINGS)))
def test_an_honest_account_never_drifts(story: dict[int, tuple[Any, ...]], opened: str) -> None:
    found = run(story, opened)
    assert found.breaks.is_empty()
    last = values(found.metrics)
    if opened == "configured" or len([1 for what, *_ in story.values() if what == "snapshot"]) > 0:
        assert (last["position_drift"], last["balance_drift"]) == (0, 0)


@few()
@given(stories, st.sampled_from(sorted(OPENINGS)), st.integers(2, 1438), st.sampled_from([-700, -1, 3]))
def test_money_that_nobody_moved_is_one_drift_for_good(
    story: dict[int, tuple[Any, ...]], opened: str, at: int, amount: int
) -> None:
    found = run(story, opened, (at, "money", Decimal(amount)))
    assert found.breaks.select("kind", "delta").rows() == [("balance_drift", str(amount))]
    reported = min(minute for minute, (what, *_) in [*story.items(), LAST] if what == "snapshot" and minute > at)
    assert found.breaks["ts"].item() == _at(reported)


# Smaller: the drifts of test_accounts.
@pytest.mark.long
@given(stories, st.sampled_from(sorted(OPENINGS)), st.integers(2, 1438), st.sampled_from(PAIRS))
def test_position_that_nobody_traded_is_one_drift_for_good(
    story: dict[int, tuple[Any, ...]], opened: str, at: int, pair: str
) -> None:
    # Bought at 100, which is seen at the snapshot before or after it or at a fill between; else its price is not known.
    found = run(story, opened, (at, pair, Decimal("0.125")))
    drifts = found.breaks.filter(pl.col("kind") == "position_drift")
    assert drifts.select("pair", "delta").rows() == [(pair, "0.125")]
    reported = min(minute for minute, (what, *_) in [*story.items(), LAST] if what == "snapshot" and minute > at)
    assert drifts["ts"].item() == _at(reported)
    money = found.breaks.filter(pl.col("kind") == "balance_drift")
    assert money.height <= 1
    assert set(money["ts"]) <= {_at(reported)}
