"""Opening + realised + unrealised - fees + funding = the closing balance that the venue exports, at each of its snapshots."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from deskgate.accounting.profits import profits
from deskgate.case.case import Case
from deskgate.config.accounting import Accounting
from deskgate.reconciliation.agreed import agreed_funding
from desks import by_accounting
from whole_desks import IngestedDesk

pytestmark = pytest.mark.slow


def _gaps(case: Case, bot: str, quote: str) -> list[Decimal]:
    """Return what each balance of the venue differs by from what the accounting says it is."""
    exported = (pl.col("bot") == bot) & (pl.col("leg") == "exchange") & (pl.col("ts") <= case.end)
    balances = case.frames["balances"].filter(exported & (pl.col("token") == quote)).sort("ts")
    held = case.frames["positions"].filter(exported)
    fills = profits(case).filter(pl.col("bot") == bot)
    opening = case.desk.bots[bot].opening
    assert opening is not None
    gaps = []
    for at, total in balances.select("ts", "total").iter_rows():
        near = (pl.col("ts") - at).abs() <= pl.duration(minutes=1)
        marks = held.filter(near)["mark_price"].drop_nulls().to_list()
        before = fills.filter(pl.col("ts") < at)
        position, cost = before.select("position", "cost").row(-1) if before.height else (Decimal(0), Decimal(0))
        unrealized = position * marks[0] - cost if position else Decimal(0)
        # A fee in another token is a cost, and leaves this balance alone.
        fees = before.filter(pl.col("fee_token") == quote)["fee_quote"].to_list()
        funding = agreed_funding(case).filter(pl.col("bot") == bot, pl.col("ts") < at)["amount"].to_list()
        closing = opening.balance[quote] + sum(before["realized"].to_list()) + unrealized - sum(fees) + sum(funding)
        gaps.append(abs(closing - total))
    return gaps


def _by_either(case: Case) -> list[Case]:
    return [case, by_accounting(case, Accounting.FIFO)]


# The demo's assessed days are kept in the process that assessed them.
@pytest.mark.xdist_group("demo")
def test_closing_balances_of_the_demo_desk(ingested_demo: IngestedDesk) -> None:
    for case in _by_either(ingested_demo.assess(date(2026, 3, 4)).case):
        for bot in ("bot1", "bot4"):
            gaps = _gaps(case, bot, "USDT")
            assert len(gaps) >= 6
            assert max(gaps) < Decimal("1e-6")


def test_closing_balances_of_the_sample_fleet(ingested_sample: Callable[[str], IngestedDesk]) -> None:
    average, fifo = _by_either(ingested_sample("fleet_clean").assess(date(2026, 3, 19)).case)
    for bot in ("bot1", "bot4"):
        gaps = [_gaps(case, bot, "USDT") for case in (average, fifo)]
        assert len(gaps[0]) == 6
        assert max(gaps[0]) < Decimal("1e-6")
        # The venue rounds; the method changes nothing.
        assert gaps[0] == gaps[1]
        realized = [profits(case).filter(pl.col("bot") == bot)["realized"] for case in (average, fifo)]
        assert not realized[0].equals(realized[1])


def test_realised_of_the_sample_fleet_is_of_average_cost(ingested_sample: Callable[[str], IngestedDesk]) -> None:
    case = ingested_sample("fleet_clean").assess(date(2026, 3, 18)).case
    of_day = profits(case).filter(pl.col("bot") == "bot1").select(pl.col("realized", "notional").sum()).row(0)
    # Of what was both bought and sold, at the averages of the day, it would be -0.12 bps.
    assert float(of_day[0] / of_day[1]) * 1e4 == pytest.approx(1.2488, abs=1e-3)
