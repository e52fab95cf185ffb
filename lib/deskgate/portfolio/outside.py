"""Real money outside the book: bots that desk.toml calls paper, testnet or disabled, and one account under two names.

A bot leaves the sums only by being `disabled` and doing nothing; what it is called decides nothing about whose money it is.
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.case.venue_rows import venue_rows
from deskgate.config.bot import Bot, Mode
from deskgate.config.connectors import is_paper, is_testnet
from deskgate.portfolio.book import book

__all__ = ["outside_money", "shared_fills"]

_NAMED = pl.col("trade_id").is_not_null()


def outside_money(case: Case) -> Metric:
    """Return how many bots outside the book trade real money by what is on record: `outside_money` of the portfolio."""
    inside = {bot.name for bot in book(case.desk)}
    others = [bot for name, bot in sorted(case.desk.bots.items()) if name not in inside]
    if case.sources.is_empty():
        return Metric(PORTFOLIO, "outside_money", None, 0, "the desk has no record that would say who trades")
    found = [why for bot in others if (why := _real(case, bot))]
    return Metric(PORTFOLIO, "outside_money", float(len(found)), len(case.desk.bots), "; ".join(found) or None)


def _real(case: Case, bot: Bot) -> str | None:
    """Return why a bot that is not live has real money, or None where nothing says so."""
    real = [each for each in bot.connectors if not is_paper(each) and not is_testnet(each)]
    if not real:
        return None
    if bot.mode is not Mode.DISABLED:
        # Hummingbot 20260922 names every simulation and every test network in the connector.
        return f"{bot.name} is called {bot.mode} in desk.toml and trades on {', '.join(real)}, which is neither paper nor testnet"
    traded = _fills_of_day(case, [bot.name]).height
    held = _held(case, bot.name)
    if not traded and not held:
        return None
    what = f"{traded} fills on {case.day}" if traded else f"a position in {', '.join(held)}"
    return f"{bot.name} is disabled in desk.toml and its account at {', '.join(real)} has {what}"


def _fills_of_day(case: Case, bots: list[str]) -> pl.DataFrame:
    """Return what the accounts of some bots list as fills of the day, a fill of one file once; no more than that is read."""
    venue = (pl.col("leg") == "exchange") & pl.col("bot").is_in(bots)
    columns = ("bot", "pair", "ts", "trade_id", "price", "quantity", "path")
    rows = case.lazy("fills").filter(case.in_day(), venue).select(columns)
    # Copies of one fill differ in what they say besides, such as its fee.
    return pl.concat([rows.filter(_NAMED).unique(), rows.filter(~_NAMED)]).collect()


def _held(case: Case, bot: str) -> list[str]:
    """Return what a disabled bot's account holds at its last snapshot."""
    known = venue_rows(case, case.frames["positions"])
    rows = known.filter((pl.col("bot") == bot) & (pl.col("ts") <= case.closing))
    last = rows.filter(pl.col("ts") == pl.col("ts").max(), pl.col("quantity") != 0)
    return last["pair"].unique().sort().to_list()


def shared_fills(case: Case) -> Metric:
    """Return how many fills of the day two bots' accounts both list, from files of their own: it is one account, counted twice."""
    names = [bot.name for bot in book(case.desk)]
    if not any("exchange" in case.legs.get(name, set()) for name in names):
        return Metric(PORTFOLIO, "shared_fills", None, 0, "no venue lists the fills of a bot of the book")
    fills = _fills_of_day(case, names)
    if fills.is_empty():
        return Metric(PORTFOLIO, "shared_fills", None, 0, f"no venue lists a fill of the book on {case.day}")
    rows = fills.filter(_NAMED)
    connectors = {bot.name: bot.connector for bot in book(case.desk)}
    placed = rows.with_columns(venue=pl.col("bot").replace_strict(connectors, return_dtype=pl.String))
    key = ["venue", "pair", "ts", "trade_id", "price", "quantity"]
    # One file under two bots is an account that they share by intent: its fills are divided by their orders.
    own = placed.filter(pl.col("bot").n_unique().over("path") == 1)
    twice = own.filter(pl.col("bot").n_unique().over(key) > 1)
    who = ", ".join(twice["bot"].unique().sort())
    note = f"{who} list the same fills of one account, so that its money would count twice" if twice.height else None
    return Metric(PORTFOLIO, "shared_fills", float(twice.select(key).unique().height), rows.height, note)
