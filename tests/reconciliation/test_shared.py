"""Several bots on one account: it is rolled forward as one, and each difference of it is one break."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.accounting.amounts import unvaluable
from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.config.bot import Bot, Mode, Opening
from deskgate.portfolio.other_assets import other_assets
from deskgate.reconciliation.accounts.check import check
from deskgate.reconciliation.accounts.transfers import account_transfers
from deskgate.reconciliation.agreed import agreed_fills
from desks import NOON, START, bot, case, desk, fill, sources, values
from tiers import quick

BOTS = ("b1", "b2")
HOUR = timedelta(hours=1)


def listed(row: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return a record of the account as both bots list it."""
    return [{**row, "bot": name, "leg": "exchange", "path": f"account/{kind}"} for name in BOTS]


def trade(of: str, number: int, pair: str, quantity: str, price: str, fee: str, **more: Any) -> list[dict[str, Any]]:
    """Return a fill of a bot's order: in its own records, and in the account's trades, which both list."""
    side = "SELL" if quantity.startswith("-") else "BUY"
    amounts = {
        "quantity": abs(Decimal(quantity)),
        "price": Decimal(price),
        "fee_amount": Decimal(fee),
        "fee_quote": None,
    }
    row = fill("exchange", f"t{number}", pair=pair, side=side, ts=NOON + number * HOUR, **amounts, **more)
    own = [{**row, "bot": of, "leg": leg} for leg in ("local", "events")]
    return [*own, *listed(row, "my_trades")]


def snapshot(hour: float, quote: str, *, contracts: bool = True, **held: str) -> dict[str, Any]:
    """Return the account's export of an hour: what it has in quote, and of each pair (or, on spot, asset)."""
    at = {"ts": START + hour * HOUR}
    tokens = {"USDT": quote} | ({} if contracts else held)
    positions = {pair.replace("_", "-"): amount for pair, amount in held.items()} if contracts else {}
    marked = {"mark_price": Decimal(100)}
    return {
        "balances": [
            row
            for name, total in tokens.items()
            for row in listed({**at, "token": name, "total": Decimal(total)}, "balance")
        ],
        "positions": [
            row
            for pair, amount in positions.items()
            for row in listed({**at, **marked, "pair": pair, "quantity": Decimal(amount)}, "positions")
        ],
    }


def opened(name: str, amount: str | None = "500", at: Any = START, **more: Any) -> Bot:
    opening = None if amount is None else Opening(at=at, balance={"USDT": Decimal(amount)})
    return bot(name, **{"pairs": ["BTC-USDT" if name == "b1" else "ETH-USDT"], "opening": opening, **more})


def shared(*trades: list[dict[str, Any]], of: tuple[Bot, ...] | None = None, **rows: Any) -> Case:
    files = [
        {**row, "path": f"account/{row['kind']}" if row["leg"] == "exchange" else row["path"]}
        for name in BOTS
        for row in sources("local", "events", "exchange", bot=name)
        if rows.get("positions") or row["kind"] != "positions"
    ]
    return case(
        desk(*(of or (opened("b1"), opened("b2")))),
        fills=[row for each in trades for row in each],
        sources=files,
        **rows,
    )


def drifts(of: Case) -> list[tuple[str, str, str | None, str | None, str | None]]:
    return sorted(check(of).breaks.select("kind", "bot", "pair", "expected", "delta").iter_rows())


# 1000 - 100 - 0.1 - 2 x 50 - 0.05 = 799.85 USDT in cash; with 1 BTC and 2 ETH at 100: 1099.85.
TRADES = [*trade("b1", 1, "BTC-USDT", "1", "100", "0.1"), *trade("b2", 2, "ETH-USDT", "2", "50", "0.05")]


@pytest.mark.parametrize(
    ("quote", "btc", "eth", "expected"),
    quick(
        [
            ("1099.85", "1", "2", []),
            ("1099.85", "1", "1", [("position_drift", "b1", "ETH-USDT", "2", "-1")]),
            ("1089.85", "1", "2", [("balance_drift", "b1", None, "1099.85", "-10")]),
        ]
    ),
)
def test_account_of_two_bots_is_their_sum(quote: str, btc: str, eth: str, expected: list[Any]) -> None:
    of = shared(TRADES, **snapshot(24, quote, BTC_USDT=btc, ETH_USDT=eth))
    found = [
        row for row in drifts(of) if row[:2] != ("balance_drift", "b1") or not any("position" in e[0] for e in expected)
    ]
    assert found == expected
    metrics = check(of).metrics
    counted = [values(metrics, name)[kind] for name in BOTS for kind in ("position_drift", "balance_drift")]
    kinds = [row[0] for row in drifts(of)]
    # One break, which counts for each bot on the account.
    assert counted == [kinds.count(kind) for kind in ("position_drift", "balance_drift")] * 2
    assert sorted(agreed_fills(of).select("bot", "pair").rows()) == [("b1", "BTC-USDT"), ("b2", "ETH-USDT")]


def test_position_of_no_bot_is_a_break() -> None:
    of = shared(TRADES, **snapshot(24, "1099.85", BTC_USDT="1", ETH_USDT="2", SOL_USDT="7"))
    assert ("position_drift", "b1", "SOL-USDT", "0", "7") in drifts(of)


def test_two_bots_of_one_market_hold_their_sum() -> None:
    trades = [*trade("b1", 1, "BTC-USDT", "3", "100", "0"), *trade("b2", 2, "BTC-USDT", "-1", "110", "0")]
    both = (opened("b1"), opened("b2", pairs=["BTC-USDT"]))
    assert drifts(shared(trades, of=both, **snapshot(24, "1010", BTC_USDT="2"))) == []
    assert [row[2:] for row in drifts(shared(trades, of=both, **snapshot(24, "1210", BTC_USDT="4")))] == [
        ("BTC-USDT", "2", "2")
    ]


@pytest.mark.slow
def test_spot_account_of_two_bots() -> None:
    # 1 - 0.001 = 0.999 BTC; 1000 - 100 - 100 - 0.05 = 799.95 USDT.
    spot = (opened("b1", connector="binance"), opened("b2", connector="binance"))
    first = trade("b1", 1, "BTC-USDT", "1", "100", "0.001", fee_token="BTC")
    trades = [*first, *trade("b2", 2, "ETH-USDT", "2", "50", "0.05")]

    def rows(btc: str, eth: str = "2", quote: str = "799.95") -> list[Any]:
        found = snapshot(24, quote, contracts=False, BTC=btc, ETH=eth)
        return drifts(shared(trades, of=spot, balances=found["balances"]))

    assert rows("0.999") == []
    assert rows("1") == [("position_drift", "b1", "BTC-USDT", "0.999", "0.001")]
    assert rows("0.999", eth="1.5") == [("position_drift", "b1", "ETH-USDT", "2", "-0.5")]
    assert rows("0.999", quote="899.95") == [("balance_drift", "b1", None, "799.95", "100")]


def test_payment_and_transfer_of_an_account_count_once() -> None:
    paid = {"ts": START + 20 * HOUR, "pair": "BTC-USDT", "amount": Decimal("-0.5"), "funding_id": "f"}
    own = [{**paid, "bot": name, "leg": "local"} for name in BOTS]
    moved = listed({"ts": START + 21 * HOUR, "token": "USDT", "amount": Decimal(100), "transfer_id": "d"}, "transfers")
    rows: dict[str, Any] = {"funding": [*own, *listed(paid, "funding_history")], "transfers": moved}
    of = shared(TRADES, **rows, **snapshot(24, "1199.35", BTC_USDT="1", ETH_USDT="2"))
    assert drifts(of) == []
    assert account_transfers(of)["amount"].to_list() == [Decimal(100)]
    # What each bot was paid is not known, and so neither is its profit.
    assert "its funding payments are not divided among them" in str(unvaluable(of, of.desk.bots["b2"]))
    assert unvaluable(shared(TRADES), of.desk.bots["b2"]) is None


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (opened("b2", None), "b2 has no opening in desk.toml: the sum of the openings is the account's"),
        (opened("b2", at=START + HOUR), "their openings in desk.toml are of several instants"),
    ],
)
def test_openings_of_an_account_are_of_all_its_bots(second: Bot, said: str) -> None:
    of = shared(
        TRADES,
        of=(opened("b1"), second),
        **snapshot(8, "1000", BTC_USDT="0"),
    )
    metrics = check(of).metrics
    assert {metric.value for metric in metrics} == {None}
    assert all(said in str(metric.note) for metric in metrics)


def test_account_without_openings_starts_at_its_first_snapshot() -> None:
    both = (opened("b1", None), opened("b2", None))
    first, last = snapshot(8, "70", BTC_USDT="5"), snapshot(24, "169.85", BTC_USDT="6", ETH_USDT="2")
    rows = {name: first[name] + last[name] for name in first}
    assert drifts(shared(TRADES, of=both, **rows)) == []


def test_leg_that_one_bot_lacks_leaves_the_account_without_a_value() -> None:
    whole = shared(TRADES, **snapshot(24, "1099.85", BTC_USDT="1", ETH_USDT="2"))
    lacking = [row for row in whole.sources.to_dicts() if row["bot"] == "b1" or row["leg"] != "events"]
    lacking = [row for row in lacking if row["bot"] == "b1" or row["leg"] != "local"]
    of = case(whole.desk, fills=TRADES, sources=lacking, **snapshot(24, "1099.85", BTC_USDT="1", ETH_USDT="2"))
    assert all(values(check(of).metrics, name)["position_drift"] is None for name in BOTS)


def test_trades_of_a_disabled_bot_on_the_account_are_never_passed_over() -> None:
    off = opened("b2", mode=Mode.DISABLED)
    of = shared(TRADES, of=(opened("b1"), off), **snapshot(24, "1099.85", BTC_USDT="1", ETH_USDT="2"))
    found: list[Metric] = check(of).metrics
    assert agreed_fills(of).filter(pl.col("pair") == "ETH-USDT")["bot"].to_list() == ["b1"]
    assert values(found)["balance_drift"] == 1


def test_other_assets_of_a_shared_account_count_once() -> None:
    """Neither a coin that one of the bots trades, nor the account's other assets twice."""
    on_spot = tuple(opened(name, connector="binance") for name in BOTS)
    quotes = [{"leg": "local", "pair": "SOL-USDT", "ts": START + 24 * HOUR, "mid": Decimal(10), "market": "binance"}]
    held = snapshot(24, "799.85", contracts=False, BTC="1", ETH="2", SOL="3")
    found = other_assets(shared(TRADES, of=on_spot, mids=quotes, **held))
    assert not isinstance(found, str)
    assert [(each.bot, each.token, each.amount) for each in found] == [("b1", "SOL", 3.0)]


def test_disabled_bot_takes_no_transfers_of_the_account() -> None:
    moved = {"ts": NOON + HOUR, "token": "USDT", "amount": Decimal(10), "transfer_id": "m"}
    rows = [{**moved, "bot": name, "leg": "exchange", "path": "account/transfers"} for name in ("b0", *BOTS)]
    off = bot("b0", Mode.DISABLED, opening=None)
    of = shared(
        TRADES,
        of=(off, opened("b1"), opened("b2")),
        transfers=rows,
        **snapshot(24, "1109.85", BTC_USDT="1", ETH_USDT="2"),
    )
    assert account_transfers(of).select("bot", "amount").rows() == [("b1", Decimal(10))]
    assert drifts(of) == []
