"""What was earned, in one sentence: after fees, by which bots, and what it leaves out."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from deskgate.config.plural import count_of, plural
from deskgate.reports.finding import Finding
from deskgate.reports.gate_view import FindingView
from deskgate.reports.pages.wording import ABSENT, figure

__all__ = ["MODES", "earned", "signed", "trading_finding", "whose"]

# Real money first; what these modes earn is never added to another's.
MODES = ("live", "testnet", "paper")
LISTED = 4


def signed(amount: float) -> str:
    """Return an amount with its sign, to four places of what is not 0."""
    rounded = round(amount, 4) + 0.0
    sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else ""
    return f"{sign}{figure(abs(rounded))}"


def trading_finding(split: pl.DataFrame, own_record: pl.DataFrame) -> FindingView:
    """Return what the bots of each mode earned on the day, after fees and funding, and whose numbers are missing.

    What was earned is no verdict and has no status; where a number is missing, evidence is.

    Parameters
    ----------
    split
        The view `pnl_split`.
    own_record
        The view `own_record_bots`.
    """
    if not split.columns:
        return _view("INSUFFICIENT", ABSENT)
    says = list(_by_mode(split))
    left = (
        split.filter(pl.col("not_confirmed") > 0, pl.col("fills").is_not_null())
        if "not_confirmed" in split.columns
        else split.clear()
    )
    says += (
        [
            f"{count_of(count, 'more fill', spec=',')} of {bot} {plural(count, 'is', 'are')} confirmed by nothing"
            " and in no number; notebook 03 has the breaks."
            for bot, count in left.group_by("bot", maintain_order=True).agg(pl.col("not_confirmed").sum()).iter_rows()
        ]
        if left.height
        else []
    )
    alone = own_record.filter("is_shown")["bot"].to_list() if own_record.columns else []
    if alone:
        says.append(f"Nothing confirms the record of {', '.join(alone)}: it is shown apart, and in no sum.")
    lacks = split["pnl_quote"].null_count() > 0 or left.height > 0 or bool(alone)
    return _view(
        "INSUFFICIENT" if lacks else "",
        " ".join(says) or "No bot is judged on this day, so nothing was earned or lost that is known.",
    )


def _view(status: str, sentence: str) -> FindingView:
    return FindingView(Finding("", status, sentence))


def _by_mode(split: pl.DataFrame) -> Iterator[str]:
    for (mode, quote), rows in _ordered(split):
        unknown = rows.filter(pl.col("pnl_quote").is_null())["bot"].unique(maintain_order=True).to_list()
        known = rows.filter(~pl.col("bot").is_in(unknown))
        if known.height:
            yield f"{whose(known, mode)} {earned(_sums(known), quote)}"
        if unknown:
            yield f"What {', '.join(unknown)} ({mode}) earned is not known; the table says why."


def _ordered(split: pl.DataFrame) -> list[tuple[tuple[str, str], pl.DataFrame]]:
    parts = split.partition_by("mode", "quote", as_dict=True, maintain_order=True)
    named = [((str(mode), str(quote)), rows) for (mode, quote), rows in parts.items()]
    return sorted(named, key=lambda each: MODES.index(each[0][0]) if each[0][0] in MODES else len(MODES))


def whose(rows: pl.DataFrame, mode: str) -> str:
    """Return the first names of bots, how many more there are, and their mode."""
    bots = rows["bot"].unique(maintain_order=True).to_list()
    names = ", ".join(bots[:LISTED]) + (f" and {len(bots) - LISTED} more" if len(bots) > LISTED else "")
    return f"{names} ({mode})"


def _sums(rows: pl.DataFrame) -> Mapping[str, Any]:
    return rows.select(pl.col(pl.Float64).sum()).row(0, named=True)


def earned(sums: Mapping[str, Any], quote: str) -> str:
    """Return what was earned and of which parts it is made, as the end of a sentence."""
    net = sums["pnl_quote"]
    verb = "earned" if net > 0 else "lost" if net < 0 else "earned nothing:"
    amount = f"{figure(abs(round(net, 4)))} {quote} " if net else ""
    return (
        f"{verb} {amount}after fees and funding: {signed(sums['realized_quote'])} realised,"
        f" {signed(sums['unrealized_quote'])} unrealised, {signed(-sums['fees_quote'])} fees,"
        f" {signed(sums['funding_quote'])} funding."
    )
