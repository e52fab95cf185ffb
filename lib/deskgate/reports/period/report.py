"""`PeriodReport`: what many published days add up to, as frames, computed once and rendered after."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from deskgate.config.errors import InputError, did_you_mean
from deskgate.reports.break_values import value
from deskgate.reports.daily_report.numbers import open_breaks
from deskgate.reports.period.days import Period
from deskgate.reports.period.drawdown import drawdowns, path_of
from deskgate.reports.period.sums import MONEY, by_bot, by_day, by_hour, by_market, by_weekday
from deskgate.reports.trading_rates import markouts_by_horizon, of_whole_bots, rates_table

__all__ = ["KIND", "PeriodReport", "report_period"]

KIND = "period"
# Numbers of the view `own_record` that have a value of the day.
_OWN = ("Fills", "Volume", "Realised PnL, before fees", "Fees paid", "Funding")


@dataclass(frozen=True)
class PeriodReport:
    """The numbers of a period, of some bots or of all that its days name. `bots` is empty where none was asked for."""

    period: Period
    bots: Sequence[str]

    def view(self, name: str) -> pl.DataFrame:
        """Return a view's rows of all days and of the bots that were asked for."""
        rows = self.period.view(name)
        return rows.filter(pl.col("bot").is_in(list(self.bots))) if self.bots and rows.columns else rows

    @cached_property
    def split(self) -> pl.DataFrame:
        """The rows of `pnl_split`; see `reports.views.day_trading`."""
        return self.view("pnl_split")

    @cached_property
    def by_bot(self) -> pl.DataFrame:
        """What each bot earned in each money; see `sums.by_bot`."""
        return by_bot(self.split)

    @cached_property
    def by_market(self) -> pl.DataFrame:
        """What each bot earned in each market; see `sums.by_market`."""
        return by_market(self.split)

    @cached_property
    def by_day(self) -> pl.DataFrame:
        """What was earned on each day in each money; see `sums.by_day`."""
        return by_day(self.split)

    @cached_property
    def by_hour(self) -> pl.DataFrame:
        """What was earned in each hour; see `sums.by_hour`; without columns where no day has it."""
        rows = self.view("pnl_by_hour")
        return by_hour(rows) if rows.columns else rows

    @cached_property
    def by_weekday(self) -> pl.DataFrame:
        """What was earned on each weekday; see `sums.by_weekday`."""
        return by_weekday(self.split)

    @cached_property
    def path(self) -> pl.DataFrame:
        """What the bots of each money were worth together; see `drawdown.path_of`."""
        return path_of(self.split, self.view("equity_path"))

    @cached_property
    def falls(self) -> pl.DataFrame:
        """The largest fall of each money; see `drawdown.drawdowns`."""
        return drawdowns(self.path, self.split.select(*MONEY, "date").unique())

    @cached_property
    def _whole_bots(self) -> pl.DataFrame:
        rows = of_whole_bots(self.view("trading"))
        return rows.sort("date", "bot", maintain_order=True) if rows.columns else rows

    @cached_property
    def rates(self) -> pl.DataFrame:
        """How each bot traded, from sums over the days; see `trading_rates.rates_table`."""
        found = rates_table(self._whole_bots)
        if found.is_empty():
            return found
        measured = self._whole_bots.group_by("bot").agg(days=pl.col("date").n_unique())
        of = self.split.group_by("bot").agg(of=pl.col("date").n_unique())
        counted = measured.join(of, on="bot").select("bot", pl.format("{} of {}", "days", "of").alias("days counted"))
        joined = counted.join(found, on="bot", how="right").join(self.confirmed, on="bot", how="left")
        return joined.select("bot", pl.exclude("bot")).sort("bot")

    @cached_property
    def markouts(self) -> pl.DataFrame:
        """The markouts of each bot from sums over the days; see `trading_rates.markouts_by_horizon`."""
        return markouts_by_horizon(self._whole_bots)

    @cached_property
    def confirmed(self) -> pl.DataFrame:
        """How much of each bot's turnover a second leg confirmed: bot, and the share in percent under its heading.

        Each day's share counts by its turnover; a day of which either is unknown leaves the bot's unknown.
        """
        heading = "confirmed by a second leg (% of turnover)"
        rows = self.view("checked_shares")
        if not rows.columns:
            return pl.DataFrame(schema={"bot": pl.String, heading: pl.Float64})
        shares = rows.filter(pl.col("of") == "notional").select("bot", "date", "share")
        traded = self.split.group_by("bot", "date").agg(
            turnover=pl.when(pl.col("turnover_quote").is_not_null().all()).then(pl.col("turnover_quote").sum())
        )
        both = traded.filter(pl.col("turnover").fill_null(1) != 0).join(shares, on=["bot", "date"], how="left")
        checked = pl.col("turnover") * pl.col("share")
        return (
            both.sort("bot", "date")
            .group_by("bot", maintain_order=True)
            .agg(
                pl.when(checked.is_not_null().all()).then(100 * checked.sum() / pl.col("turnover").sum()).alias(heading)
            )
        )

    @cached_property
    def breaks(self) -> pl.DataFrame:
        """The breaks of each day against the counted day before it.

        Returns
        -------
        polars.DataFrame
            date, opened, closed (null on the first day: nothing is before it), open, value_quote (of the open ones; null where one's is
            unknown). Accepted ones do not count.
        """
        rows, before = [], None
        for day in self.period.days:
            found = open_breaks(day)
            found = found.filter(pl.col("bot").is_in(list(self.bots))) if self.bots else found
            ids = set(found["break_id"])
            moved = (None, None) if before is None else (len(ids - before), len(before - ids))
            rows.append((day.date, *moved, len(ids), found.select(value()).item() if ids else 0.0))
            before = ids
        counts = dict.fromkeys(("opened", "closed", "open"), pl.Int64())
        return pl.DataFrame(rows, schema={"date": pl.Date(), **counts, "value_quote": pl.Float64()}, orient="row")

    @cached_property
    def own_record(self) -> pl.DataFrame:
        """What nothing confirms, added up apart: bot, pair, number, unit, sum, days (with a value); in no other number."""
        rows = self.view("own_record")
        if not rows.columns:
            return rows
        return (
            rows.filter(pl.col("number").is_in(_OWN))
            .sort("date", maintain_order=True)
            .group_by("bot", "pair", "number", "unit", maintain_order=True)
            .agg(sum=pl.col("of_the_day").sum(), days=pl.col("of_the_day").count().cast(pl.Int64))
            .sort("bot", "pair", maintain_order=True)
        )

    @property
    def decisions(self) -> Mapping[str, int]:
        """How many of the counted days have each decision."""
        found = Counter(self.period.words[day.date] for day in self.period.days)
        return {word: found[word] for word in ("GO", "HOLD", "STOP") if found[word]}


def report_period(period: Period, bots: Sequence[str] = ()) -> PeriodReport:
    """Return the report of a period.

    Parameters
    ----------
    bots
        Those to report of; none: all that its days name.

    Raises
    ------
    InputError
        A bot is on none of the days, or no day says anything of PnL.
    """
    split = period.view("pnl_split")
    if not split.columns:
        raise InputError(
            f"the days from {period.first} to {period.last} were run by a version of Deskgate that kept no PnL, expected at least one"
            " with it; run `deskgate daily` for them again"
        )
    known = split["bot"].unique().sort().to_list()
    for bot in bots:
        if bot not in known:
            raise InputError(
                f"--bots '{bot}' is on none of the days from {period.first} to {period.last}{did_you_mean(bot, known)}, expected one of"
                f" {', '.join(known)}; correct it"
            )
    return PeriodReport(period, tuple(bots))
