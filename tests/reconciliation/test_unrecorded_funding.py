"""Payments that only the venue has, because Hummingbot does not record them; and payments whose sign nobody knows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.accounting.day_pnl import day_pnl
from deskgate.reconciliation import funding, funding_amounts
from deskgate.reconciliation.accounts import check as accounts
from desks import START, bot, case, desk, values
from tiers import quick

GATE = desk(bot(connector="gate_io_perpetual"))
VENUE = "exchange"


def paid(leg: str = VENUE, amount: str = "-2", hour: int = 8, pair: str = "BTC-USDT", **more: Any) -> dict[str, Any]:
    return {"leg": leg, "ts": START + timedelta(hours=hour), "pair": pair, "amount": Decimal(amount), **more}


def account(*balances: tuple[int, str]) -> dict[str, Any]:
    """Return a flat account with these totals by hour."""
    ts = [(START + timedelta(hours=hour), total) for hour, total in balances]
    return {
        "positions": [{"leg": VENUE, "ts": at, "pair": "BTC-USDT", "quantity": Decimal(0)} for at, _ in ts],
        "balances": [{"leg": VENUE, "ts": at, "token": "USDT", "total": Decimal(total)} for at, total in ts],
    }


def measured(**rows: Any) -> tuple[float | None, float | None, str]:
    """Return the open `funding_missing` and `funding_mismatch`, and the note of the first."""
    at = case(rows.pop("of", GATE), **rows)
    first, second = funding.check(at), funding_amounts.check(at)
    note = next(each.note for each in first.metrics if each.metric == "funding_missing")
    return values(first.metrics)["funding_missing"], values(second.metrics)["funding_mismatch"], note or ""


@pytest.mark.parametrize(
    ("balances", "value"),
    quick(
        [
            ([], None),
            ([(24, "998")], 0),
            # Without the payment, with another sign, and before it.
            ([(24, "1000")], None),
            ([(24, "1002")], None),
            ([(7, "1000")], None),
            ([(8, "1000")], None),
            ([(7, "1000"), (12, "998")], 0),
            ([(12, "997"), (24, "998")], None),
        ],
        3,
    ),
)
def test_payments_of_the_venue_alone_need_its_balance(balances: list[tuple[int, str]], value: float | None) -> None:
    missing, mismatch, note = measured(funding=[paid()], **account(*balances))
    assert (missing, mismatch) == (value, value)
    assert "1 payment of b1 is in the venue's history alone" in note
    assert "does not record the funding of gate_io_perpetual" in note
    assert ("closes over them" in note) is (value == 0)


def test_payments_that_cancel_each_other_are_not_confirmed() -> None:
    both = [paid(), paid(amount="2", hour=16)]
    assert measured(funding=both, **account((24, "1000")))[0] is None
    assert measured(funding=both, **account((12, "998"), (24, "1000")))[0] == 0


@pytest.mark.parametrize(
    "connector", quick(["gate_io_perpetual", "dydx_v4_perpetual", "aevo_perpetual", "kucoin_perpetual"], 2)
)
def test_payment_that_the_bot_cannot_have_is_no_break_and_counts(connector: str) -> None:
    of = desk(bot(connector=connector))
    at = case(of, funding=[paid()], **account((24, "998")))
    assert funding.check(at).breaks.is_empty()
    assert accounts.check(at).breaks.is_empty()
    pnl = day_pnl(at, of.bots["b1"])
    assert not isinstance(pnl, str)
    assert pnl.pnl_quote == -2
    # Another connector's database would have it.
    assert funding.check(case(funding=[paid()])).breaks["kind"].to_list() == ["funding_missing"]


def test_stream_is_a_second_voice() -> None:
    assert measured(funding=[paid(), paid("events")])[:2] == (0, 0)
    assert measured(funding=[paid(), paid("events", "2")])[1] == 1


def test_database_with_payments_comes_from_a_version_that_records_them() -> None:
    rows = [paid(hour=8), paid(hour=16), paid("local", hour=16)]
    assert measured(funding=[*rows, paid(hour=20)])[0] == 1
    assert measured(funding=rows)[0] is None
    assert measured(funding=rows, **account((24, "996")))[0] == 0


def test_two_markets_of_one_instant_are_one_row_of_the_database() -> None:
    of = desk(bot(pairs=["BTC-USDT", "ETH-USDT"]))
    rows = [paid(), paid("local"), paid(pair="ETH-USDT", amount="-1")]
    missing, _, note = measured(of=of, funding=rows)
    assert missing is None
    assert "two markets were paid at once" in note
    held = account((24, "997"))
    held["positions"].append({**held["positions"][0], "pair": "ETH-USDT"})
    assert measured(of=of, funding=rows, **held)[0] == 0
    apart = {**rows[2], "ts": rows[2]["ts"] + timedelta(milliseconds=31)}
    assert measured(of=of, funding=[*rows[:2], apart])[0] == 1


@pytest.mark.parametrize(
    ("local", "total", "kinds"),
    quick(
        [
            # The account was paid: the payment and the drift are one break.
            ("2", "1002", ["funding_mismatch"]),
            ("2", "1003", ["balance_drift", "funding_mismatch"]),
            ("2", "998", ["funding_mismatch"]),
            # All legs agree on the sign, and the balance does not.
            ("-2", "1002", ["balance_drift"]),
            ("-2", "998", []),
        ],
        2,
    ),
)
def test_sign_that_nobody_knows_is_the_cause_of_the_drift(local: str, total: str, kinds: list[str]) -> None:
    at = case(funding=[paid(sign_unknown=True), paid("local", local)], **account((24, total)))
    mismatch, drift = funding_amounts.check(at).breaks, accounts.check(at)
    assert sorted([*mismatch["kind"], *drift.breaks["kind"]]) == kinds
    assert all("export the funding history with info" in each for each in mismatch["detail"])
    named = "with the other sign; the export does not say"
    assert [named in each for each in drift.breaks["detail"]] == [total == "1002"] * drift.breaks.height
    assert ("this is the 4 drift" in "".join(drift.explains["text"])) is (
        kinds == ["funding_mismatch"] and total == "1002"
    )
