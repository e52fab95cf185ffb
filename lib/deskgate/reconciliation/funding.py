"""Funding payments: does every leg have each payment?

Matched by bot, pair and funding instant, for the legs share no id. Amounts are compared in `funding_amounts`.

The database of some connectors has no payments (`funding_records`), and no database has two of one instant, for that is its
key. There the venue's history is one voice, and the stream or the venue's balance has to confirm it (`funding_balance`).
"""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case, per_bot, per_case
from deskgate.case.expressions import plain
from deskgate.case.findings import Findings, Metric, breaks_frame
from deskgate.case.legs import absent_leg
from deskgate.case.markets import incomparable, judged_funding
from deskgate.case.metric_spec import DERIVATIVES
from deskgate.config.bot import Bot
from deskgate.config.plural import count_of, plural
from deskgate.reconciliation.breaks.counts import kind_metrics, tally
from deskgate.reconciliation.funding_balance import confirmed_by_balance
from deskgate.reconciliation.funding_due import funding_due
from deskgate.schema import LEGS
from deskgate.sources.hummingbot.funding_records import unrecorded_funding
from deskgate.sources.registry import account_kinds

__all__ = ["METRICS", "check", "lacking_funding", "missing_payments", "payments", "settled_payments"]

KIND = "funding_missing"
_SLOT = ["bot", "pair", "slot"]
METRICS = kind_metrics(KIND, DERIVATIVES, "funding payments that a leg lacks")


def check(case: Case) -> Findings:
    """Compare the funding payments of the local and the exchange leg, and the stream's where it has any.

    Returns
    -------
    Findings
        `funding_missing` breaks up to `as_of`, and per bot how many are open; no value where a leg is absent or no
        payment was seen at all on the day.
    """
    slots, breaks = _slots(case), missing_payments(case)
    return Findings([each for bot in case.desk.judged for each in _measure(case, slots, breaks, bot.name)], breaks)


@per_case
def missing_payments(case: Case) -> pl.DataFrame:
    """Return a break for every payment that a leg lacks which should have it: `Breaks`."""
    return breaks_frame(
        payments(case).with_columns(
            kind=pl.lit(KIND),
            expected=plain(pl.col("amount")),
            value_quote=pl.col("amount").abs(),
            detail=pl.format("payment of the slot {} is not in the {} leg", pl.col("slot").dt.strftime("%H:%M"), "leg"),
        )
    )


def payments(case: Case) -> pl.DataFrame:
    """Return the payments that a leg lacks which should have them: bot, pair, slot, ts, funding_id, amount, leg."""
    lacks = [
        pl.when(pl.col("bot").is_in(_bots_by_leg(case)[leg]) & ~pl.col(f"in_{leg}") & kept).then(pl.lit(leg))
        for leg, kept in (("local", pl.col("is_kept")), ("exchange", True))
    ]
    return _slots(case).with_columns(leg=pl.coalesce(lacks)).filter(pl.col("leg").is_not_null())


@per_case
def settled_payments(case: Case) -> pl.DataFrame:
    """Return the payments of judged bots in each leg that every leg has had time to show, with their `slot`: `Funding`."""
    return (
        judged_funding(case)
        .filter(pl.col("bot").is_in([bot.name for bot in case.desk.judged]))
        .with_columns(slot=tolerances.funding_slot())
        .filter(pl.col("slot") <= case.settled)
        .sort("ts", "row_id")
    )


@per_case
def _slots(case: Case) -> pl.DataFrame:
    """Return the funding payments up to `as_of` that every leg has had time to show, one row each.

    `is_kept` is whether the bot's database would have it.
    """
    unrecorded = [bot.name for bot in case.desk.judged if _unrecorded(bot)]
    in_database = pl.col("leg") == "local"
    return (
        settled_payments(case)
        .with_columns(
            is_kept=~pl.col("bot").is_in(unrecorded)
            | (pl.col("slot") >= pl.col("slot").filter(in_database).min().over("bot")).fill_null(value=False),
            # The table's key is the time alone: of two markets that pay at once it has one.
            is_taken=~in_database & in_database.any().over("bot", "ts"),
        )
        .group_by(_SLOT)
        .agg(
            *[(pl.col("leg") == leg).any().alias(f"in_{leg}") for leg in LEGS],
            ts=pl.coalesce(pl.col("ts").filter(pl.col("leg") == "exchange").first(), pl.col("ts").first()),
            funding_id=pl.col("funding_id").filter(pl.col("leg") == "exchange").first(),
            amount=pl.coalesce(pl.col("amount").filter(pl.col("leg") == "exchange").first(), pl.col("amount").first()),
            is_kept=(pl.col("is_kept") & ~pl.col("is_taken")).all(),
            is_taken=pl.col("is_taken").any(),
        )
        .sort("bot", "slot", "pair")
    )


@per_case
def _bots_by_leg(case: Case) -> dict[str, list[str]]:
    """Return the bots of which a leg lists funding."""
    kinds = set(account_kinds("funding"))
    return {
        "exchange": [bot.name for bot in case.desk.judged if kinds & case.export_kinds.get(bot.name, set())],
        # Of a bot's own records only the database keeps funding; a controller's CSV cannot be missing what it never had.
        "local": sorted(case.with_database),
    }


def _unrecorded(bot: Bot) -> str | None:
    """Return why the database of a bot has no funding; None where it does."""
    return next((why for name in bot.connectors if (why := unrecorded_funding(name))), None)


def _single_voice(case: Case, bot: str) -> tuple[str | None, str | None]:
    """Return what the day's payments lack that the venue alone has, or None; and what confirms them, or None."""
    rows = case.of_day(_slots(case).filter(pl.col("bot") == bot), "slot")
    alone = rows.filter(~pl.col("is_kept") & ~pl.col("in_local") & ~pl.col("in_events"))
    if alone.is_empty():
        return None, None
    why = (
        "its database keeps one payment of an instant, and two markets were paid at once"
        if alone["is_taken"].all()
        else _unrecorded(case.desk.bots[bot])
    )
    count = f"{count_of(alone.height, 'payment')} of {bot} {plural(alone.height, 'is', 'are')} in the venue's history alone: {why}"
    if confirmed_by_balance(case, bot, alone):
        return None, f"{count}; the venue's balance closes over them"
    return f"{count}; no balance of the venue confirms them", None


def _without_records(case: Case, bot: str) -> str | None:
    if bot not in _bots_by_leg(case)["local"]:
        return f"{bot} has no database that keeps funding: {absent_leg(case.sources, bot, 'local')}"
    if bot not in _bots_by_leg(case)["exchange"]:
        return f"{bot} has no funding_history export of the venue"
    return None


@per_bot
def lacking_funding(case: Case, bot: str) -> tuple[str | None, str | None]:
    """Return why the payments of a bot's day say nothing, or None; and why it has none, or what confirms them, or None."""
    if why := incomparable(case, bot) or _without_records(case, bot):
        return why, None
    slots = settled_payments(case).filter(pl.col("bot") == bot)
    paid = set(slots.select("pair", "slot").iter_rows())
    none_paid = case.of_day(slots, "slot").is_empty()
    due = funding_due(case, bot)
    alone, remark = _single_voice(case, bot)
    if alone:
        return alone, None
    if due is None:
        return (
            f"no funding payment of {bot} on {case.day} in any leg, so nothing was compared" if none_paid else None
        ), remark
    unpaid = [each for each in (*due.held, *(due.unsure if none_paid else ())) if each[:2] not in paid]
    if unpaid:
        pair, at, quantity = unpaid[0]
        return (
            f"{bot} held {quantity:g} of {pair} at {at:%H:%M} UTC, when funding is paid, and no leg has a payment",
            None,
        )
    if none_paid and not due.instants:
        return (
            f"no funding payment of {bot} on {case.day} in any leg, and none was due yet, so nothing was compared",
            None,
        )
    flat = (
        f"no payment was due: by its agreed fills {bot} was flat at all {due.instants} funding instants of {case.day}"
    )
    return None, flat if none_paid else remark


def _measure(case: Case, slots: pl.DataFrame, breaks: pl.DataFrame, bot: str) -> list[Metric]:
    today = case.of_day(slots.filter(pl.col("bot") == bot))
    lacks, remark = lacking_funding(case, bot)
    return tally(case, bot, KIND, breaks, today.height or int(bool(remark)), lacks, remark=remark)
