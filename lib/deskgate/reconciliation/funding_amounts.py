"""Funding amounts: do the legs that have a payment have the same one?

Compared one by one within a funding instant, by size and sign: what payments add up to in the balance is too late and too
coarse, and PnL is computed from the venue's amounts alone. The rate is not compared: Hummingbot records the rate of the next
payment.
"""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import plain
from deskgate.case.findings import Findings, breaks_frame
from deskgate.case.metric_spec import DERIVATIVES
from deskgate.reconciliation.breaks.counts import kind_metrics, tally
from deskgate.reconciliation.funding import lacking_funding, settled_payments
from deskgate.schema import BOT_LEGS

__all__ = ["METRICS", "UNSIGNED", "check", "of_unknown_sign", "unsigned_payments"]

KIND = "funding_mismatch"
METRICS = kind_metrics(KIND, DERIVATIVES, "funding payments whose amount or sign differs between the legs")
_SLOT = ["bot", "pair", "slot"]
UNSIGNED = "the export does not say what its sign means: export the funding history with info"


def check(case: Case) -> Findings:
    """Compare each payment of the bot's legs with the venue's, or with the database's where the venue lacks it.

    Returns
    -------
    Findings
        `funding_mismatch` breaks up to `as_of`, one per bot, pair and funding instant, and per bot how many are open; no
        value where a leg is absent, or no payment of the day is in two legs.
    """
    compared, found = _compared(settled_payments(case)), _found(case)
    breaks = _breaks(found)
    today = case.of_day(compared.unique(_SLOT).with_columns(ts="slot"))
    metrics = []
    for bot in case.desk.judged:
        sample = today.filter(pl.col("bot") == bot.name).height
        lacks, remark = lacking_funding(case, bot.name)
        if lacks is None and not sample and remark is None:
            lacks = f"no funding payment of {bot.name} on {case.day} is in two legs, so nothing was compared"
        metrics += tally(case, bot.name, KIND, breaks, sample or int(bool(remark)), lacks, remark=remark)
    return Findings(metrics, breaks)


@per_case
def of_unknown_sign(case: Case) -> pl.DataFrame:
    """Return the breaks that the wrong sign of the venue's payment may be, as `Breaks`: `expected` is what the export has."""
    return _breaks(_found(case).filter("flipped", "unknown"))


@per_case
def unsigned_payments(case: Case) -> pl.DataFrame:
    """Return the venue's payments without a known sign that no leg contradicts: bot, pair, slot, ts, amount (as exported)."""
    venue = settled_payments(case).filter(pl.col("leg") == "exchange")
    unsigned = venue.group_by(_SLOT).agg(
        pl.col("ts").min(), pl.col("amount").sum(), unknown=pl.col("sign_unknown").fill_null(value=False).all()
    )
    return unsigned.filter("unknown").join(_found(case), on=_SLOT, how="anti").sort("ts", "bot", "pair")


def _compared(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the payments of each instant in each of the bot's legs beside the leg they are compared with, and whether they differ.

    Of as many payments as that leg has, each is compared by rank. Fewer must be among them: the database keeps one payment
    an instant (its primary key), an account in hedge mode has two. More are compared by their sum.
    """
    leg = pl.col("leg").replace_strict({"exchange": 0, "local": 1, "events": 2}, return_dtype=pl.Int8)
    ranked = rows.with_columns(
        reference=leg == leg.min().over(_SLOT), rank=pl.int_range(pl.len()).over(*_SLOT, "leg", order_by="amount")
    )
    right = ranked.filter("reference").select(*_SLOT, "rank", "amount", "recorded_amount")
    left = ranked.filter(~pl.col("reference") & pl.col("leg").is_in(BOT_LEGS)).select(*_SLOT, "leg", "rank", "amount")
    counts = right.group_by(_SLOT).agg(count=pl.len(), total=pl.col("amount").sum())
    mine = left.group_by(*_SLOT, "leg").agg(own_count=pl.len(), own=pl.col("amount").sum())
    pairs = left.join(right, on=_SLOT, suffix="_right").with_columns(equal=_equal())
    by_rank = pl.col("rank") == pl.col("rank_right")
    paired = pairs.group_by(*_SLOT, "leg").agg(
        by_rank=pl.col("equal").filter(by_rank).all(),
        flipped=_flipped().filter(by_rank).all(),
        apart=(pl.col("amount") - pl.col("amount_right")).abs().filter(by_rank).sum(),
    )
    each_found = pairs.group_by(*_SLOT, "leg", "rank").agg(pl.col("equal").any())
    among = each_found.group_by(*_SLOT, "leg").agg(among=pl.col("equal").all())
    same = (
        pl.when(pl.col("own_count") == pl.col("count"))
        .then("by_rank")
        .when(pl.col("own_count") < pl.col("count"))
        .then("among")
        .otherwise(~tolerances.funding_differs(pl.col("own"), pl.col("total")))
    )
    on = [*_SLOT, "leg"]
    as_many = pl.col("own_count") == pl.col("count")
    off = pl.col("own") - pl.col("total")
    return (
        mine.join(counts, on=_SLOT)
        .join(paired, on=on)
        .join(among, on=on)
        .with_columns(differs=~same, off=off, value=pl.when(as_many).then("apart").otherwise(off.abs()))
        .sort("slot", *on)
    )


def _equal() -> pl.Expr:
    """Return whether a payment is the one beside it, or has the size that Hummingbot's connector records in its place."""
    mine, recorded = pl.col("amount"), pl.col("recorded_amount")
    same = ~tolerances.funding_differs(mine, pl.col("amount_right"))
    return same | (recorded.is_not_null() & ~tolerances.funding_differs(mine.abs(), recorded.abs()))


def _flipped() -> pl.Expr:
    return (pl.col("amount") == -pl.col("amount_right")) & (pl.col("amount") != 0)


@per_case
def _found(case: Case) -> pl.DataFrame:
    """Return the instants whose payments differ, one row each, with what the venue's payment says of itself."""
    rows = settled_payments(case)
    differing = _compared(rows).filter("differs")
    venue = (
        rows.filter(pl.col("leg") == "exchange")
        .group_by(_SLOT)
        .agg(ts=pl.col("ts").min(), funding_id=pl.col("funding_id").first(), unknown=pl.col("sign_unknown").any())
    )
    return (
        differing.group_by(_SLOT, maintain_order=True)
        .agg(
            legs=pl.col("leg").sort(descending=True),
            observed=plain(pl.col("own").sort_by("leg", descending=True).first()),
            expected=plain(pl.col("total").first()),
            off=pl.col("off").sort_by("value").last(),
            value=pl.col("value").max(),
            flipped=pl.col("flipped").all(),
        )
        .join(venue, on=_SLOT, how="left", maintain_order="left")
        .with_columns(ts=pl.coalesce("ts", "slot"), unknown=pl.col("unknown").fill_null(value=False))
    )


def _breaks(found: pl.DataFrame) -> pl.DataFrame:
    """Return one break for each instant; the leg is named where one of the bot's two has what the venue has."""
    both = pl.col("legs").list.len() == len(BOT_LEGS)
    return breaks_frame(
        found.with_columns(
            kind=pl.lit(KIND),
            leg=pl.when(both).then(pl.lit("")).otherwise(pl.col("legs").list.first()),
            delta=plain(pl.col("off")),
            value_quote="value",
            detail=pl.concat_str(
                pl.format("payment of the slot {}", pl.col("slot").dt.strftime("%H:%M")),
                pl.when(both).then(pl.lit(": both of the bot's legs differ from the venue")),
                pl.when("flipped").then(
                    pl.lit(", the same amount with the other sign: paid recorded as received, or the reverse")
                ),
                # What the account then has beside its roll-forward is twice the payment.
                pl.when("flipped", "unknown").then(pl.lit(f"; {UNSIGNED}")),
                ignore_nulls=True,
            ),
        )
    )
