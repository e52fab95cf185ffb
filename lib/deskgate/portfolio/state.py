"""The book over all of its bots: its worst loss, drawdown, exposures and concentration of the day, and what it is now.

What counts is the worst point that lasted, not the day's end: a loss that is regained by the evening was a loss. Assets are
netted across bots, never across each other without a beta of desk.toml.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import add

import polars as pl

from deskgate.case.case import Case, is_known, per_case
from deskgate.case.fill_history import WorthHistory
from deskgate.portfolio.assets import netted
from deskgate.portfolio.other_assets import OtherAsset, other_assets
from deskgate.portfolio.readings import BotReadings, lasting, readings
from deskgate.portfolio.worth_history import made_of, worth_history

__all__ = ["BookState", "book_state", "carry_worth"]


@dataclass(frozen=True)
class BookState:
    """The book of one day, in quote.

    `path` has a row per minute of the day in which every bot could be valued: ts, pnl (since the day's start), equity, loss,
    loss_share, drawdown_share, net, gross, leverage (gross over equity), net_share, concentration. `exposures` is what is
    held now: bot, asset, value (signed). `capital` is the least that the book had at the day's start and after each
    transfer: what losses are a share of.
    """

    bots: tuple[str, ...]
    capital: float
    path: pl.DataFrame
    exposures: pl.DataFrame
    consecutive: int
    is_over: bool

    @property
    def equity(self) -> float:
        """What the book was worth at its last reading; 0 where it has none."""
        known = self.path["equity"].drop_nulls()
        return float(known[-1]) if known.len() else 0.0

    def worst(self, column: str) -> tuple[float, datetime] | None:
        """Return the worst of the day of a column of `path` and when: what lasted, or what the day closed with; None without any."""
        rows = self.path.drop_nulls(column)
        if rows.is_empty():
            return None
        values = lasting(rows[column], self.consecutive)
        if self.is_over:
            values[-1] = rows[column][-1]
        place = values.arg_max() or 0
        return float(values[place]), rows["ts"][place]


@per_case
def book_state(case: Case) -> BookState | str:
    """Return the book's state, or why it has none: one bot that cannot be valued leaves it without."""
    found, others = readings(case), other_assets(case)
    if failed := [why for why in found.values() if isinstance(why, str)] + (
        [others] if isinstance(others, str) else []
    ):
        return "; ".join(failed)
    known = [each for each in found.values() if isinstance(each, BotReadings)]
    if not known or isinstance(others, str):
        return "the desk has no bot to value"
    capital = sum(_least_capital(each, case.start) for each in known)
    debts = sum(min(0.0, each.value) for each in others)
    if capital + debts <= 0:
        names = ", ".join(each.bot for each in known)
        return (
            f"the capital of {names} at the start of {case.day} is {capital + debts:.2f} {case.desk.quote}, so no share of"
            " it exists"
        )
    worth = _sum_of_worths(known)
    path = _shares(_drawdowns(worth, case), capital + debts, debts)
    at = _exposures_at(case, known, others)
    path = path.join(at, on="ts", how="left", maintain_order="left").with_columns(
        leverage=_over(pl.col("gross"), pl.col("equity")), net_share=_over(pl.col("net"), pl.col("equity"))
    )
    now = _all_held(known, others).filter(pl.col("ts") == pl.col("ts").max())
    exposures = (
        now.sort("bot", "asset", "value").group_by("bot", "asset", maintain_order=True).agg(pl.col("value").sum())
    )
    return BookState(
        tuple(each.bot for each in known),
        capital + debts,
        path,
        exposures.filter(pl.col("value") != 0),
        case.risk.consecutive,
        case.end >= case.start + timedelta(days=1),
    )


def _least_capital(readings_of: BotReadings, start: datetime) -> float:
    """Return the least that a bot had to lose over the day: its equity at the day's start, less what was taken out."""
    day = readings_of.worth.filter(pl.col("ts") >= start)
    moved = (day["moved"] - day["moved"][0]).min()
    return float(day["equity"][0]) + min(0.0, float(moved or 0.0))


def _sum_of_worths(known: list[BotReadings]) -> pl.DataFrame:
    """Return pnl and equity of all bots at each instant, null where one has none; before its opening a bot has 0."""
    instants = pl.concat([each.worth.select("ts") for each in known]).unique().sort("ts")
    columns = ("pnl", "equity")
    parts = []
    for each in known:
        here = instants.join(each.worth, on="ts", how="left", maintain_order="left")
        early = pl.col("ts") < each.since
        parts.append(here.select(pl.when(early).then(0.0).otherwise(pl.col(name)).alias(name) for name in columns))
    # One after the other: `sum_horizontal` adds floats in pairs, and a bot that has 0 would change the last digit.
    sums = [reduce(add, (part[name] for part in parts)).alias(name) for name in columns]
    return instants.with_columns(sums)


def _drawdowns(worth: pl.DataFrame, case: Case) -> pl.DataFrame:
    """Add the share that is lost since the best point that lasted, transfers taken out; cut to the day."""
    known = worth.drop_nulls("pnl")
    peak = _steady(known, case).cum_max().clip(lower_bound=_peak_before(case))
    lost = (peak - known["pnl"]).clip(lower_bound=0.0)
    rows = known.with_columns(lost=lost)
    return rows.with_columns(drawdown_share=_over(pl.col("lost"), pl.col("equity") + pl.col("lost"))).filter(
        pl.col("ts") >= case.start
    )


def _steady(known: pl.DataFrame, case: Case) -> pl.Series:
    """Return what the book had earned and kept until each of its readings, which go on from those that are carried."""
    rows = _with_tail(known, case)
    steady = rows["pnl"].rolling_min(min(case.risk.consecutive, max(1, rows.height)), min_samples=1)
    return steady.tail(known.height)


def _with_tail(known: pl.DataFrame, case: Case) -> pl.DataFrame:
    """Return readings after the last ones that are carried: ts, pnl."""
    before, mine = worth_history(case), known.select("ts", "pnl")
    return pl.concat([before.tail, mine]) if before else mine


def _peak_before(case: Case) -> float:
    before = worth_history(case)
    return before.peak if before else 0.0


def carry_worth(case: Case, cut: datetime) -> WorthHistory | None:
    """Return what the readings before a later cut say of those after it; None where a case was not asked for the book's state."""
    if not is_known(case, book_state) or isinstance(book_state(case), str):
        return None
    of_book = [each for each in readings(case).values() if isinstance(each, BotReadings)]
    found = [each for each in of_book if each.since < cut]
    if not found:
        return None
    known = _sum_of_worths(of_book).drop_nulls("pnl").filter(pl.col("ts") < cut)
    peak, rows = max([_peak_before(case), *_steady(known, case)]), _with_tail(known, case)
    bots = [_carried_bot(case, each, cut) for each in found]
    schema = pl.Schema({"bot": pl.String(), "base": pl.Float64(), "readings": pl.Int64(), "short": rows.schema["ts"]})
    return WorthHistory(
        made_of(case, cut),
        peak,
        rows.tail(case.risk.consecutive - 1),
        pl.DataFrame(bots, schema=schema, orient="row"),
    )


def _carried_bot(case: Case, found: BotReadings, cut: datetime) -> tuple[str, float | None, int, datetime | None]:
    past = replace(found, worth=found.worth.filter(pl.col("ts") < cut))
    asked = case.desk.bots[found.bot].funded
    short = past.last_short(asked.equity) if asked else None
    return found.bot, found.base, past.earlier + past.worth.height, short


def _shares(path: pl.DataFrame, capital: float, debts: float) -> pl.DataFrame:
    pnl = pl.col("pnl") - pl.col("pnl").first()
    return path.select(
        "ts",
        pnl=pnl,
        equity=pl.col("equity") + debts,
        loss=(-pnl).clip(lower_bound=0.0),
        loss_share=(-pnl).clip(lower_bound=0.0) / capital,
        drawdown_share="drawdown_share",
    )


def _all_held(known: list[BotReadings], others: list[OtherAsset]) -> pl.DataFrame:
    """Return what each bot holds at each instant of the day: ts, bot, asset, value; other assets as at their last snapshot."""
    held = [each.held.select("ts", pl.lit(each.bot).alias("bot"), "asset", "value") for each in known]
    instants = pl.concat([rows.select("ts") for rows in held]).unique()
    beside = [
        instants.select(
            "ts", pl.lit(each.bot).alias("bot"), pl.lit(each.token).alias("asset"), pl.lit(each.value).alias("value")
        )
        for each in others
    ]
    return pl.concat([*held, *beside])


def _exposures_at(case: Case, known: list[BotReadings], others: list[OtherAsset]) -> pl.DataFrame:
    """Return net, gross and concentration at each instant of the day: net over what may be netted, the sides of a pair apart in gross."""
    rows = _all_held(known, others)
    size = pl.col("value").abs()
    gross = (
        rows.sort("ts", "bot", size)
        .group_by("ts", maintain_order=True)
        .agg(gross=pl.when(pl.col("value").is_not_null().all()).then(size.sum()))
    )
    nets = netted(rows.drop_nulls("value"), case.desk, "ts").group_by("ts", maintain_order=True).agg(net=size.sum())
    of_bots = rows.sort("ts", "bot", size).group_by("ts", "bot", maintain_order=True).agg(gross=size.sum())
    counted = of_bots.filter(pl.col("gross") >= case.risk.concentration_from)
    shares = counted.group_by("ts", maintain_order=True).agg(
        concentration=pl.when(pl.len() > 1).then(pl.col("gross").max() / pl.col("gross").sum()).otherwise(0.0)
    )
    found = gross.join(nets, on="ts", how="left", maintain_order="left").join(
        shares, on="ts", how="left", maintain_order="left"
    )
    unknown = pl.col("gross").is_null()
    return found.with_columns(
        pl.when(~unknown).then(pl.col("net").fill_null(0.0)).alias("net"),
        pl.when(~unknown).then(pl.col("concentration").fill_null(0.0)).alias("concentration"),
    )


def _over(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return a share of equity; where there is no equity left and something is at risk, without bound."""
    return pl.when(whole > 0).then(part / whole).when(part == 0).then(0.0).otherwise(float("inf"))
