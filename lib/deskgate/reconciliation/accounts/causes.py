"""One cause is one break: suppress drifts that another break explains, and append the explanation to that break.

A fill that the venue does not list changes the expected position and money, a missing payment the money; what an untraded
position may have cost is in `untraded`. A drift is explained where it equals, within the tolerance, the effect of one suspect of its
interval, or of all of them together, and where it lasts: a drift that is gone with the next snapshot is the snapshot's own.
An accepted break explains only what was visible when it was accepted.
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.expressions import fill_value, plain
from deskgate.case.tolerances import MONEY
from deskgate.reconciliation.accounts.hedged import by_side
from deskgate.reconciliation.agreed import cash_flow, claimed_fills, held_side
from deskgate.reconciliation.breaks.counts import when_accepted
from deskgate.reconciliation.fill_fees import base_change
from deskgate.reconciliation.fills.check import unfinished_settled
from deskgate.reconciliation.fills.existence import missing
from deskgate.reconciliation.funding import missing_payments
from deskgate.reconciliation.funding_amounts import of_unknown_sign, unsigned_payments
from deskgate.reconciliation.matching.occurrences import KEY

__all__ = ["explained", "explanations", "suspects", "unsigned"]

# A payment has none.
_NO_FEE = {"fee": pl.lit(0, MONEY), "fee_token": pl.lit(None, pl.String)}


def suspects(case: Case) -> pl.DataFrame:
    """Return how listed breaks would change an account against the roll-forward.

    Returns
    -------
    polars.DataFrame
        One row per fill that the venue lacks, payment that its history lacks, and payment of an unknown sign that the
        bot's records have with the other one: kind, bot, pair, at, trade_id (of the break), account (the pair, or the side
        of it that the fill moves), base and cash (what the account then has beyond the roll-forward; cash without the
        position's value), fee (what it then has beyond it of `fee_token`), until (when the break was accepted, if it was).
    """
    fills = unfinished_settled(case).filter(pl.col("has_exchange") & ~pl.col("in_exchange"))
    # Without an agreed fill an account has less than is expected, with one that is not agreed it has more.
    agreed = claimed_fills(case).filter("confirmed").select(*KEY, sign=pl.lit(-1, MONEY))
    fills = fills.join(agreed, on=KEY, how="left", maintain_order="left")
    sign = pl.col("sign").fill_null(1)
    lacking = (
        fills.with_columns(
            held_side(),
            *[fill_value(name).alias(name) for name in ("side", "price", "quantity", "fee_amount", "fee_token")],
        )
        .with_columns(plain="pair")
        .pipe(lambda fills: by_side(case, fills))
        .select(
            *("bot", "trade_id"),
            pair="plain",
            account="pair",
            at="ts",
            base=sign * base_change(case),
            cash=sign * cash_flow(case.desk.quote),
            fee=-sign * pl.col("fee_amount").fill_null(0),
            fee_token=pl.col("fee_token"),
        )
        .join(_accepted(case, missing(fills), "trade_id"), on=["bot", "pair", "at", "trade_id"], how="left")
    )
    # A payment was added as exported: with the other sign the account has twice as much less.
    of_payments = [
        _of_money(case, missing_payments(case).filter(pl.col("leg") == "exchange"), -1),
        _of_money(case, of_unknown_sign(case), -2),
    ]
    columns = [*lacking.columns, "kind"]
    return pl.concat(
        [each.select(columns) for each in (lacking.with_columns(kind=pl.lit("fill_missing_exchange")), *of_payments)]
    )


def unsigned(case: Case) -> pl.DataFrame:
    """Return how an account would differ if a payment of an unknown sign that no leg contradicts has the other one.

    The columns are those of `suspects`; no break has these payments, so that the drift itself names them.
    """
    return unsigned_payments(case).select(
        kind=pl.lit(""),
        bot="bot",
        pair="pair",
        account="pair",
        trade_id=pl.lit(None, pl.String),
        at="ts",
        base=pl.lit(0, MONEY),
        cash=-2 * pl.col("amount"),
        **_NO_FEE,
        until=pl.lit(None, pl.Datetime("us", "UTC")),
    )


def _of_money(case: Case, breaks: pl.DataFrame, times: int) -> pl.DataFrame:
    """Return the suspects that are breaks of payments, by how many times the expected amount the account then differs."""
    return breaks.select(
        *("kind", "bot", "pair"),
        account="pair",
        trade_id=pl.lit(None, pl.String),
        at="ts",
        base=pl.lit(0, MONEY),
        cash=times * pl.col("expected").cast(MONEY),
        **_NO_FEE,
    ).join(_accepted(case, breaks), on=["bot", "pair", "at"], how="left")


def _accepted(case: Case, breaks: pl.DataFrame, *ids: str) -> pl.DataFrame:
    """Return until when breaks explain, by bot, pair, `at` and `ids`."""
    key = ["bot", "pair", "at", *ids]
    known = when_accepted(case, breaks).select("bot", "pair", *ids, at="ts", until="accepted_at")
    return known.group_by(key).agg(pl.col("until").min())


def explained(drifts: pl.DataFrame, effects: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Return which suspects explain which drifts.

    Parameters
    ----------
    drifts
        The snapshots that differ: `difference_changes`, with the columns `by`.
    effects
        `suspects`, with `effect` in the unit of `change`.
    by
        What both are joined on.

    Returns
    -------
    polars.DataFrame
        One row per drift and suspect that explains it: the drift's columns and the suspect's (`s_`).
    """
    effects = effects.filter(pl.col("effect") != 0)
    # A fill of the snapshot's own instant is not in it yet.
    happened = (pl.col("s_at") >= pl.col("since")) & (pl.col("s_at") < pl.col("snapshot_ts"))
    seen = pl.col("s_until").is_null() | (pl.col("visible_at") <= pl.col("s_until"))
    within = (
        drifts.filter("lasts", "differs")
        .join(effects.rename({name: f"s_{name}" for name in effects.columns if name not in by}), on=by)
        .filter(happened, seen)
        .with_columns(together=pl.col("s_effect").sum().over("change_id"))
    )
    alone = (pl.col("change") - pl.col("s_effect")).abs() < pl.col("bound")
    together = (pl.col("change") - pl.col("together")).abs() < pl.col("bound")
    first = pl.col("alone").cum_sum().over("change_id", order_by=["s_at", "s_trade_id"]) == 1
    # The first that fits alone explains it; else all together.
    return within.with_columns(alone=alone).filter(
        pl.when(pl.col("alone").any().over("change_id")).then(pl.col("alone") & first).otherwise(together)
    )


def explanations(found: pl.DataFrame, what: str) -> pl.DataFrame:
    """Return the texts for the breaks of the suspects: `Explanations`."""
    return found.select(
        kind="s_kind",
        bot="s_break_bot",
        pair="s_plain" if "s_plain" in found.columns else "s_pair",
        ts="s_at",
        trade_id="s_trade_id",
        text=pl.format(
            "this is the {} drift of the {} snapshot of {}",
            plain(pl.col("residual")),
            pl.lit(what),
            pl.col("snapshot_ts").dt.strftime("%Y-%m-%d %H:%M"),
        ),
    )
