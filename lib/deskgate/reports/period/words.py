"""The finding of a period in sentences: what was earned after fees, at what risk, and whether the number can be believed."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.pages.wording import figure
from deskgate.reports.period.report import PeriodReport
from deskgate.reports.trading_words import MODES, earned, signed, whose

__all__ = ["believe", "finding", "monies"]


def monies(report: PeriodReport) -> list[tuple[str, str]]:
    """Return (mode, quote) of each money of a period, real money first."""
    found = report.by_bot.select("mode", "quote").unique().sort("quote", nulls_last=True).rows()
    return sorted(found, key=lambda each: MODES.index(each[0]) if each[0] in MODES else len(MODES))


def finding(report: PeriodReport) -> list[str]:
    """Return a sentence or two for each money."""
    return [" ".join(_of_money(report, mode, quote)) for mode, quote in monies(report)]


def believe(report: PeriodReport) -> list[str]:
    """Return what the numbers rest on: days counted, decisions, bot days without a value, breaks that are open at the end."""
    period = report.period
    says = [
        f"{len(period.days)} of {count_of(period.length, 'day is counted', 'days are counted')}; realised PnL is by {period.accounting.words}."
    ]
    decided = ", ".join(f"{count} {word}" for word, count in report.decisions.items())
    says.append(f"Decisions of these days: {decided}.")
    says += _not_confirmed(report.by_bot["not_confirmed"])
    last = report.breaks.row(-1, named=True)
    worth = last["value_quote"]
    value = "worth an unknown amount" if worth is None else f"worth {figure(worth)} {last['quote']}"
    many = count_of(last["open"], "break is", "breaks are")
    says.append(f"{many} open on {last['date']}, {value}." if last["open"] else f"No break is open on {last['date']}.")
    return says


def _not_confirmed(counts: pl.Series) -> Iterator[str]:
    """Yield how many fills nothing confirms; a bot of which one day does not say it has no count."""
    alone = int(counts.sum())
    least = "At least " if counts.null_count() else ""
    if alone:
        yield f"{least}{count_of(alone, 'fill is', 'fills are', spec=',')} confirmed by nothing and in no number."
    elif least:
        yield "How many fills nothing confirms is not known: not all days say it."


def _of_money(report: PeriodReport, mode: str, quote: str) -> Iterator[str]:
    of = (pl.col("mode") == mode) & pl.col("quote").eq_missing(pl.lit(quote, pl.String))
    bots, days = report.by_bot.filter(of), report.by_day.filter(of)
    known = bots.filter(pl.col("pnl_quote").is_not_null())
    unknown = bots.filter(pl.col("pnl_quote").is_null())
    if known.height:
        sums = known.select(pl.col(pl.Float64).sum()).row(0, named=True)
        yield f"{whose(known, mode)} {earned(sums, quote)}"
        yield _counted(known)
        yield from _risk(report.falls.filter(of).row(0, named=True), quote)
        yield from _best_and_worst(days.filter(pl.col("known") == pl.col("bots")), quote)
    if unknown.height:
        yield f"What {whose(unknown, mode)} earned is not known on any day: {unknown['because'][0] or 'no day says why'}."


def _counted(bots: pl.DataFrame) -> str:
    days, of = int(bots["days"].sum()), int(bots["of"].sum())
    if days == of:
        return f"All {of} days of a bot have a value." if of > 1 else "That day has a value."
    return f"That is {days} of {count_of(of, 'day')} of a bot: what the others earned is not known, and not in the sum."


def _risk(fall: Mapping[str, Any], quote: str) -> Iterator[str]:
    if fall["drawdown_quote"] is None:
        yield "No drawdown is known: on no day is the equity of all of them known."
        return
    broken = f", in the longest known stretches of {fall['runs']}" if fall["runs"] > 1 else ""
    yield (
        f"Largest drawdown: {figure(round(fall['drawdown_quote'], 4))} {quote}, lowest {fall['lowest_at']:%Y-%m-%d %H:%M} UTC{broken};"
        f" never more than {fall['drawdown_share']:.2%} of the equity at its best."
    )


def _best_and_worst(days: pl.DataFrame, quote: str) -> Iterator[str]:
    if days.height < 2:  # noqa: PLR2004
        return
    ordered = days.sort("pnl_quote", maintain_order=True)
    worst, best = (ordered.row(at, named=True) for at in (0, -1))
    yield f"Best day: {best['date']} ({signed(best['pnl_quote'])} {quote}); worst: {worst['date']} ({signed(worst['pnl_quote'])} {quote})."
