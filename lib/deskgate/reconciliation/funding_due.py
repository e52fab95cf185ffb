"""When funding was due: which positions the agreed fills say were held at the instants at which a venue pays.

A bot that was flat at each of them has no payment, and that is right. A bot that held a position at one and has no payment
in any leg has lost one, or its venue's export is not whole.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import gcd

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import RECENT, Case
from deskgate.case.markets import judged_funding
from deskgate.config.bot import Bot
from deskgate.config.connectors import is_of_contracts
from deskgate.reconciliation.agreed import agreed_fills, confirmed, signed
from deskgate.reconciliation.agreed_moves import agreed_moves
from deskgate.sources.market_names import is_contract_market
from deskgate.sources.markets import venue_of

__all__ = ["Due", "funding_due"]

# Most venues pay every eight hours from midnight UTC (Binance, Bitget, Bybit, OKX, Gate); another schedule of a market is
# known from the payments that it has had.
USUAL_H = 8
# A fill so near to an instant may be in its position or not.
_NEAR = timedelta(minutes=1)


@dataclass(frozen=True)
class Due:
    """The day's funding instants of one bot: how many there were, at which it held a position, and at which it may have.

    Each is (pair, instant, quantity in base).
    """

    instants: int
    held: tuple[tuple[str, datetime, float], ...]
    unsure: tuple[tuple[str, datetime, float], ...]


def funding_due(case: Case, bot: str) -> Due | None:
    """Return when a bot was due to be paid, or to pay, on the day; None where its position is not known.

    It is known from the opening that desk.toml names and the agreed fills, where the venue's leg is there.
    """
    of = case.desk.bots[bot]
    if of.opening is None or "exchange" not in case.legs.get(bot, set()) or not confirmed(case, bot):
        return None
    opened = of.opening.at
    fills = _moves(case).filter(pl.col("bot") == bot, pl.col("ts") >= opened)
    pairs = [pair for pair in sorted({*of.pairs, *fills["pair"]}) if _is_paid(of, pair)]
    held = list[tuple[str, datetime, float]]()
    unsure = list[tuple[str, datetime, float]]()
    instants = set[datetime]()
    for pair in pairs:
        mine = fills.filter(pl.col("pair") == pair).select("ts", base="net")
        for at in _instants(case, bot, pair):
            if at < opened or at > case.settled:
                continue
            instants.add(at)
            before, after = (
                of.opening_position(pair) + Decimal(mine.filter(which)["base"].sum() or 0)
                for which in (pl.col("ts") < at - _NEAR, pl.col("ts") <= at + _NEAR)
            )
            flat = [abs(each) < tolerances.account() for each in (before, after)]
            if all(flat) and before == after:
                continue
            (unsure if any(flat) else held).append((pair, at, float(before or after)))
    return Due(len(instants), tuple(held), tuple(unsure))


def _moves(case: Case) -> pl.DataFrame:
    """Return what agreed fills moved by bot and pair, those near to an instant of the day one by one: ts, net."""
    history = case.fill_history
    if history is None or history.cut <= case.start - _NEAR:
        return agreed_moves(case)
    return agreed_fills(case).with_columns(net=signed())


def _is_paid(bot: Bot, pair: str) -> bool:
    """Return whether a judged market is one of contracts; spot beside them is not paid."""
    return ":" in pair or (is_of_contracts(bot.connector) and is_contract_market(bot, pair))


def _instants(case: Case, bot: str, pair: str) -> list[datetime]:
    """Return the instants of the day at which a market pays, by the payments that the bot has had of it.

    On a day with a payment these alone say when: both the bot's and the venue's records of it are there, and a schedule
    that is only usual is no evidence against them. On a day without any the usual one counts as well.
    """
    seen = judged_funding(case).filter(pl.col("bot") == bot, pl.col("pair") == pair, pl.col("ts") > case.start - RECENT)
    slots = seen.select(ts=tolerances.funding_slot())
    hours = sorted(set(slots.select(pl.col("ts").dt.hour()).to_series()))
    if case.of_day(slots).height:
        return [case.start + timedelta(hours=hour) for hour in hours]
    usual = min(venue_of(each).funding_h or USUAL_H for each in case.desk.bots[bot].connectors)
    every = gcd(usual, *(hour - hours[0] for hour in hours))
    first = hours[0] % every if hours else 0
    return [case.start + timedelta(hours=hour) for hour in range(first, 24, every)]
