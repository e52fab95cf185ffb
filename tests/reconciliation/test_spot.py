"""Accounts of spot: the position is the balance of the base, and each asset is one of its own."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.config.bot import Opening
from deskgate.portfolio.other_assets import OtherAsset, other_assets
from deskgate.reconciliation.accounts.check import check
from desks import NOON, START, bot, case, desk, fills, sources, values
from tiers import quick

ALL = ("local", "events", "exchange")
HOUR = timedelta(hours=1)
# A venue of spot lists no positions.
SOURCES = [row for row in sources(*ALL) if row["kind"] != "positions"]


def trade(number: int, side: str, price: str, quantity: str, fee: str, token: str) -> list[dict[str, Any]]:
    money = {"price": Decimal(price), "quantity": Decimal(quantity), "fee_amount": Decimal(fee), "fee_token": token}
    return fills(*ALL, trade_id=f"t{number}", side=side, ts=NOON + number * HOUR, fee_quote=None, **money)


# 0.5 - 0.0005 - 0.2 = 0.2995 BTC; 1000 - 0.5 x 100.5 + 0.2 x 120 - 0.024 = 973.726 USDT.
TRADES = [*trade(1, "BUY", "100.5", "0.5", "0.0005", "BTC"), *trade(2, "SELL", "120", "0.2", "0.024", "USDT")]


def holding(hour: float = 24, /, **totals: str) -> list[dict[str, Any]]:
    at = {"leg": "exchange", "ts": START + hour * HOUR, "path": "b1/balance"}
    return [{**at, "token": token, "total": Decimal(total)} for token, total in totals.items()]


def spot(opening: dict[str, str] | None = None, position: str = "0", at: Any = START, **more: Any) -> Any:
    held = {token: Decimal(amount) for token, amount in (opening or {"USDT": "1000"}).items()}
    opened = Opening(at=at, balance=held, position=Decimal(position))
    return bot(**{"connector": "binance", "opening": opened, **more})


def day(*balances: list[dict[str, Any]], of: Any = None, trades: Any = TRADES, **rows: Any) -> Case:
    return case(
        desk(of or spot()), fills=trades, balances=[row for rows in balances for row in rows], sources=SOURCES, **rows
    )


def drifts(of: Case) -> list[tuple[str, str | None, str | None, str | None]]:
    return sorted(check(of).breaks.select("kind", "pair", "expected", "delta").iter_rows())


@pytest.mark.parametrize(
    ("totals", "expected"),
    quick(
        [
            ({"BTC": "0.2995", "USDT": "973.726"}, []),
            # The fee in base was not taken.
            ({"BTC": "0.3", "USDT": "973.726"}, [("position_drift", "BTC-USDT", "0.2995", "0.0005")]),
            ({"BTC": "0.2995", "USDT": "973.75"}, [("balance_drift", None, "973.726", "0.024")]),
            # A base, or a quote, that is not listed is none.
            ({"USDT": "973.726"}, [("position_drift", "BTC-USDT", "0.2995", "-0.2995")]),
        ],
        1,
    ),
)
def test_each_asset_is_rolled_forward(totals: dict[str, str], expected: list[Any]) -> None:
    of = day(holding(**totals))
    assert drifts(of) == expected
    counted = values(check(of).metrics)
    assert (counted["position_drift"], counted["balance_drift"]) == (
        sum(row[0] == "position_drift" for row in expected),
        sum(row[0] == "balance_drift" for row in expected),
    )


def test_quote_that_is_no_longer_listed_is_gone() -> None:
    whole = holding(13.5, BTC="0.4995", USDT="949.75")
    assert drifts(day(whole, holding(BTC="0.2995"))) == [("balance_drift", None, "973.726", "-973.726")]


def test_balance_that_lists_nothing_holds_nothing() -> None:
    whole = holding(13.5, BTC="0.4995", USDT="949.75", SOL="2")
    empty = {
        "bot": "b1",
        "leg": "exchange",
        "kind": "balance",
        "path": "b1/balance-24",
        "exported_at": START + 24 * HOUR,
    }
    files = [*SOURCES, {**SOURCES[0], **empty, "rows": 0}]
    assert drifts(case(desk(spot()), fills=TRADES, balances=whole, sources=SOURCES)) == []
    of = case(desk(spot()), fills=TRADES, balances=whole, sources=files)
    assert set(check(of).breaks.select("kind", "pair", "expected", "delta").iter_rows()) == {
        ("balance_drift", "SOL", "2", "-2"),
        ("balance_drift", None, "973.726", "-973.726"),
        ("position_drift", "BTC-USDT", "0.2995", "-0.2995"),
    }
    # It holds no other asset either; one that could not be read says nothing.
    assert other_assets(of) == []
    unread = case(desk(spot()), fills=TRADES, balances=whole, sources=[*files[:-1], {**files[-1], "quarantined": 1}])
    assert drifts(unread) == []
    assert {metric.value for metric in check(unread).metrics} == {None}


@pytest.mark.slow
def test_account_opens_with_more_of_its_base_than_its_position() -> None:
    opened = spot({"USDT": "1000", "BTC": "0.7"}, "0.2")
    assert drifts(day(holding(BTC="0.9995", USDT="973.726"), of=opened)) == []
    only = spot({"USDT": "1000"}, "0.2")
    assert drifts(day(holding(BTC="0.4995", USDT="973.726"), of=only)) == []


@pytest.mark.slow
def test_base_that_was_deposited_is_no_drift_and_no_position() -> None:
    deposit = {"leg": "exchange", "ts": NOON, "token": "BTC", "amount": Decimal("0.1"), "transfer_id": "d"}
    assert drifts(day(holding(BTC="0.3995", USDT="973.726"), transfers=[deposit])) == []
    assert [row[3] for row in drifts(day(holding(BTC="0.2995", USDT="973.726"), transfers=[deposit]))] == ["-0.1"]


@pytest.mark.slow
def test_account_without_an_opening_starts_at_its_first_snapshot() -> None:
    of = bot(connector="binance", opening=None)
    first = holding(8, BTC="2", USDT="50")
    assert drifts(day(first, holding(BTC="2.2995", USDT="23.726"), of=of)) == []
    assert [row[3] for row in drifts(day(first, holding(BTC="2.3", USDT="23.726"), of=of))] == ["0.0005"]
    assert values(check(day(first, of=of)).metrics)["position_drift"] is None


def test_fill_that_the_venue_lacks_is_one_break() -> None:
    lost = [row for row in trade(3, "BUY", "100", "0.1", "0.01", "USDT") if row["leg"] != "exchange"]
    assert drifts(day(holding(BTC="0.2995", USDT="973.726"), trades=[*TRADES, *lost])) == []
    # The account shows that it was filled: what it differs by is the fill that the venue's list lacks.
    found = check(day(holding(BTC="0.3995", USDT="963.716"), trades=[*TRADES, *lost]))
    assert (found.breaks.height, found.explains.height) == (0, 2)


def test_balance_alone_is_what_an_account_of_spot_needs() -> None:
    some = [row for row in SOURCES if row["kind"] != "balance"]
    metrics = check(case(desk(spot()), fills=TRADES, sources=some)).metrics
    assert {(metric.value, metric.note) for metric in metrics} == {
        (None, "b1 has no readable balance export of the venue")
    }
    unread = [{**row, "quarantined": int(row["kind"] == "balance")} for row in SOURCES]
    torn = case(desk(spot()), fills=TRADES, sources=unread, balances=holding(BTC="0.2995", USDT="973.726"))
    assert {metric.value for metric in check(torn).metrics} == {None}


def test_base_of_two_markets_is_no_position_of_one() -> None:
    of = spot(pairs=["BTC-USDT", "ETH-BTC"])
    found = check(day(holding(BTC="0.2995", USDT="973.726"), of=of))
    notes = {metric.metric: metric.note for metric in found.metrics}
    assert "BTC is the base of BTC-USDT of b1 and an asset of another of its markets" in str(notes["position_drift"])
    assert values(found.metrics)["position_drift"] is None


@pytest.mark.slow
def test_fee_token_pays_the_fees() -> None:
    # 1 - 0.002 - 0.0015 = 0.9965 BNB; 1000 - 50.25 + 24 = 973.75 USDT.
    trades = [*trade(1, "BUY", "100.5", "0.5", "0.002", "BNB"), *trade(2, "SELL", "120", "0.2", "0.0015", "BNB")]
    opened = spot({"USDT": "1000", "BNB": "1"})
    found = {
        bnb: drifts(day(holding(BTC="0.3", USDT="973.75", BNB=bnb), of=opened, trades=trades))
        for bnb in ("0.9965", "0.99650001", "0.99650004", "1")
    }
    assert found["0.9965"] == found["0.99650001"] == []
    assert found["0.99650004"] == [("balance_drift", "BNB", "0.9965", "0.00000004")]
    assert found["1"] == [("balance_drift", "BNB", "0.9965", "0.0035")]
    unlisted = holding(BTC="0.3", USDT="973.75")
    assert drifts(day(unlisted, of=opened, trades=trades)) == [("balance_drift", "BNB", "0.9965", "-0.9965")]
    # Nothing says how much there was: no drift, and no pass.
    metrics = check(day(unlisted, trades=trades)).metrics
    notes = {metric.metric: (metric.value, metric.note) for metric in metrics}
    said = "fees of b1 were paid in BNB, which no balance export of its account lists"
    assert notes["balance_drift"] == (None, said)


@pytest.mark.slow
def test_other_assets_drift_alone() -> None:
    start = holding(8, USDT="1000", SOL="5", DOGE="7")
    whole = {"BTC": "0.2995", "USDT": "973.726", "DOGE": "7"}
    assert drifts(day(start, holding(**whole, SOL="5"))) == []
    found = check(day(start, holding(**whole, SOL="5.1")))
    assert found.breaks.select("kind", "pair", "delta", "value_quote").rows() == [("balance_drift", "SOL", "0.1", None)]
    # What has no value does not pass a bound on values.
    counted = values(found.metrics)
    assert (counted["balance_drift"], counted["balance_drift_value_quote"]) == (1, None)
    deposit = {"leg": "exchange", "ts": NOON, "token": "SOL", "amount": Decimal("0.1"), "transfer_id": "d"}
    assert drifts(day(start, holding(**whole, SOL="5.1"), transfers=[deposit])) == []
    new = drifts(day(start, holding(**whole, SOL="5", PEPE="90")))
    assert new == [("balance_drift", "PEPE", "0", "90")]


@pytest.mark.slow
def test_lost_fill_explains_its_fee_token() -> None:
    lost = [row for row in trade(3, "BUY", "100", "0.1", "0.001", "BNB") if row["leg"] != "exchange"]
    opened = spot({"USDT": "1000", "BNB": "1"})
    of = day(holding(BTC="0.3995", USDT="963.726", BNB="0.999"), of=opened, trades=[*TRADES, *lost])
    assert (drifts(of), check(of).explains.height) == ([], 3)


@pytest.mark.slow
def test_base_of_two_markets_is_rolled_forward_as_an_asset() -> None:
    # 0.5 BTC bought, 0.1 of it paid for 2 ETH: 0.4 BTC.
    trades = [*trade(1, "BUY", "100", "0.5", "0.01", "USDT"), *trade(2, "BUY", "0.05", "2", "0", "USDT")]
    trades = [row | {"pair": "ETH-BTC"} if row["trade_id"] == "t2" else row for row in trades]
    of = spot(pairs=["BTC-USDT", "ETH-BTC"])
    start = holding(8, USDT="1000")
    assert drifts(day(start, holding(USDT="949.99", BTC="0.4", ETH="2"), of=of, trades=trades)) == []
    found = drifts(day(start, holding(USDT="949.99", BTC="0.5", ETH="2"), of=of, trades=trades))
    assert found == [("balance_drift", "BTC", "0.4", "0.1")]


@pytest.mark.slow
def test_fees_of_contracts_in_a_token_of_their_account() -> None:
    trades = trade(1, "BUY", "100", "1", "0.01", "BNB")
    flat = [
        {
            "leg": "exchange",
            "ts": START + hour * HOUR,
            "pair": "BTC-USDT",
            "quantity": Decimal(quantity),
            "mark_price": Decimal(100),
        }
        for hour, quantity in ((8, "0"), (24, "1"))
    ]
    found = {
        bnb: check(
            case(
                fills=trades, positions=flat, balances=holding(8, USDT="1000", BNB="2") + holding(USDT="1000", BNB=bnb)
            )
        )
        for bnb in ("1.99", "2")
    }
    assert found["1.99"].breaks.is_empty()
    assert found["2"].breaks.select("pair", "expected", "delta").rows() == [("BNB", "1.99", "0.01")]
    unlisted = check(case(fills=trades, positions=flat, balances=holding(8, USDT="1000") + holding(USDT="1000")))
    notes = {metric.metric: metric.note for metric in unlisted.metrics}
    assert notes["balance_drift"] == "fees of b1 were paid in BNB, which no balance export of its account lists"


def test_base_beside_the_position_is_an_exposure_too() -> None:
    mids = {"leg": "local", "pair": "BTC-USDT", "market": "binance"}
    quotes = [{**mids, "ts": START + 23 * HOUR + n * HOUR / 60, "mid": Decimal(100 + n)} for n in range(50, 60)]
    opened = spot({"USDT": "1000", "BTC": "0.7"}, "0.2")
    of = day(holding(BTC="0.9995", USDT="973.726"), of=opened, mids=quotes)
    assert other_assets(of) == [OtherAsset("b1", "BTC", 0.5, 0.5 * 159)]
    assert other_assets(day(holding(BTC="0.2995", USDT="973.726"), mids=quotes)) == []


def test_market_that_is_not_compared_makes_no_drift_of_its_fees() -> None:
    trades = [
        row | {"symbol": "BTC/USDT:USDC"} if row["leg"] == "exchange" else row
        for row in trade(1, "BUY", "100", "1", "0.01", "BNB")
    ]
    of = case(fills=trades, balances=holding(8, USDT="1000", BNB="2") + holding(USDT="1000", BNB="2"))
    found = check(of)
    assert found.breaks.is_empty()
    assert "quanto" in str(next(metric.note for metric in found.metrics if metric.metric == "balance_drift"))
