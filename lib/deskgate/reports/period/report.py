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
_TRADER = ("bot", "mode")
# Numbers of the view `own_record` that have a value of the day.
_OWN = ("Fills", "Volume", "Realised PnL, before fees", "Fees paid", "Funding")


@dataclass(frozen=True)
class PeriodReport:
    """The numbers of a period, of some bots or of all that its days name. `bots` is empty where none was asked for."""

    period: Period
    bots: Sequence[str]

    def view(self, name: str) -> pl.DataFrame:
        """Return a view's rows of all days and of the bots that were asked for."""
        rows = self.period.views[name]
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

    def _with_mode(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add the mode that each bot had on the day: what it did in one is never added to what it did in another."""
        modes = self.split.select("bot", "date", "mode").unique()
        return rows.join(modes, on=["bot", "date"], how="left", maintain_order="left")

    @cached_property
    def _whole_bots(self) -> pl.DataFrame:
        rows = of_whole_bots(self.view("trading"))
        return self._with_mode(rows).sort("date", "bot", maintain_order=True) if rows.columns else rows

    @cached_property
    def rates(self) -> pl.DataFrame:
        """How each bot traded in each mode, from sums over the days; see `trading_rates.rates_table`.

        A day counts on which one of the measures is known.
        """
        found = rates_table(self._whole_bots, _TRADER)
        if found.is_empty():
            return found
        at = pl.col("date").filter(pl.col("num").is_not_null())
        measured = self._whole_bots.group_by(_TRADER).agg(days=at.n_unique())
        of = self.split.group_by(_TRADER).agg(of=pl.col("date").n_unique())
        counted = measured.join(of, on=_TRADER).select(
            *_TRADER, pl.format("{} of {}", "days", "of").alias("days counted")
        )
        joined = counted.join(found, on=_TRADER, how="right").join(self.confirmed, on=_TRADER, how="left")
        return joined.select(*_TRADER, pl.exclude(_TRADER)).sort(_TRADER)

    @cached_property
    def markouts(self) -> pl.DataFrame:
        """The markouts of each bot in each mode from sums over the days; see `trading_rates.markouts_by_horizon`."""
        return markouts_by_horizon(self._whole_bots, _TRADER)

    @cached_property
    def confirmed(self) -> pl.DataFrame:
        """How much of what each bot traded a second leg confirmed: bot, mode, and the share in percent under its heading.

        Each day's share counts by what all fills of the day are worth, confirmed or not; a day of which either is unknown leaves the
        bot's unknown.
        """
        heading = "confirmed by a second leg (% of notional)"
        rows = self.view("checked_shares")
        if not rows.columns:
            return pl.DataFrame(schema={"bot": pl.String, "mode": pl.String, heading: pl.Float64})
        shares = rows.filter(pl.col("of") == "notional").select("bot", "date", "share", "notional_quote")
        has_fills = (pl.col("fills").is_null() | (pl.col("fills") > 0) | (pl.col("not_confirmed") > 0)).any(
            ignore_nulls=False
        )
        traded = self.split.group_by(*_TRADER, "date").agg(has_fills=has_fills.fill_null(value=True))
        both = traded.join(shares, on=["bot", "date"], how="left").filter(
            pl.col("has_fills") | (pl.col("notional_quote").fill_null(1) != 0)
        )
        whole = pl.col("notional_quote")
        checked = whole * pl.col("share")
        return (
            both.sort("bot", "date")
            .group_by(_TRADER, maintain_order=True)
            .agg(pl.when(checked.is_not_null().all()).then(100 * checked.sum() / whole.sum()).alias(heading))
        )

    @cached_property
    def breaks(self) -> pl.DataFrame:
        """The breaks of each day against the counted day before it.

        Returns
        -------
        polars.DataFrame
            date, opened, closed (null on the first day: nothing is before it), open, value_quote (of the open ones; null where one's is
            unknown), quote (the desk's on that day). Accepted ones do not count.
        """
        rows, before = [], None
        for day in self.period.days:
            found = open_breaks(day)
            found = found.filter(pl.col("bot").is_in(list(self.bots))) if self.bots else found
            ids = set(found["break_id"])
            moved = (None, None) if before is None else (len(ids - before), len(before - ids))
            rows.append((day.date, *moved, len(ids), found.select(value()).item() if ids else 0.0, day.quote))
            before = ids
        counts = dict.fromkeys(("opened", "closed", "open"), pl.Int64())
        worth = {"value_quote": pl.Float64(), "quote": pl.String()}
        return pl.DataFrame(rows, schema={"date": pl.Date(), **counts, **worth}, orient="row")

    @cached_property
    def own_record(self) -> pl.DataFrame:
        """What nothing confirms, added up apart, in no other number.

        Returns
        -------
        polars.DataFrame
            bot, mode, pair, number, unit, sum (over the days with a value; null without any), days (with a value), of (all days that have
            the number).
        """
        rows = self.view("own_record")
        if not rows.columns:
            return rows
        known = pl.col("of_the_day").drop_nulls()
        return (
            self._with_mode(rows.filter(pl.col("number").is_in(_OWN)))
            .sort("date", maintain_order=True)
            .group_by(*_TRADER, "pair", "number", "unit", maintain_order=True)
            .agg(
                sum=pl.when(known.len() > 0).then(known.sum()),
                days=known.len().cast(pl.Int64),
                of=pl.len().cast(pl.Int64),
            )
            .sort(*_TRADER, "pair", maintain_order=True)
        )

    @property
    def decisions(self) -> Mapping[str, int]:
        """How many of the counted days have each decision."""
        found = Counter(day.word for day in self.period.days)
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
    split = period.views["pnl_split"]
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
