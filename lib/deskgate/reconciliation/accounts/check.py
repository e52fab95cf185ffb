"""Positions and balances: does the venue's account say what the agreed fills add up to?

A drift that another break explains is suppressed, and the explanation appended to that break. The balance is checked
without what the position differs by, at the mark: so a position drift stays one break however its price moves.
"""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case
from deskgate.case.expressions import notional
from deskgate.case.findings import Findings
from deskgate.case.metric_spec import WITH_ACCOUNT
from deskgate.case.tolerances import MONEY
from deskgate.case.values import unvalued, without_inverse_values
from deskgate.reconciliation.accounts.balances import rolled_balances
from deskgate.reconciliation.accounts.causes import explained, explanations, suspects, unsigned
from deskgate.reconciliation.accounts.changes import difference_changes, reopened, with_acceptance
from deskgate.reconciliation.accounts.drift_breaks import drift_breaks
from deskgate.reconciliation.accounts.drift_counts import drift_counts
from deskgate.reconciliation.accounts.hedged import plain as plain_of
from deskgate.reconciliation.accounts.liquidity import before_operations
from deskgate.reconciliation.accounts.positions import rolled_positions
from deskgate.reconciliation.accounts.shared import account_name, as_account
from deskgate.reconciliation.accounts.token_drifts import token_drifts
from deskgate.reconciliation.accounts.untraded import by_price
from deskgate.reconciliation.breaks.counts import kind_metrics
from deskgate.reconciliation.funding_amounts import UNSIGNED
from deskgate.sources.markets import parse_symbol

__all__ = ["METRICS", "check"]

METRICS = (
    *kind_metrics("position_drift", WITH_ACCOUNT, "positions at the venue that the agreed fills do not add up to"),
    *kind_metrics(
        "balance_drift", WITH_ACCOUNT, "balances at the venue that fills, fees, funding and transfers do not add up to"
    ),
)


def check(case: Case) -> Findings:
    """Compare each account snapshot up to `as_of` with the roll-forward.

    Returns
    -------
    Findings
        `position_drift` and `balance_drift` breaks, per venue bot how many are open, and which other breaks they are
        explained by. A difference that lasts is one break, at the first snapshot that has it.
    """
    whole = rolled_positions(case)
    positions = whole.filter(pl.col("quantity").is_not_null())
    balances = rolled_balances(case, whole)
    effects = as_account(case, suspects(case).with_columns(break_bot="bot"))
    moved = difference_changes(
        positions.with_columns(snapshot_ts="ts", left=pl.col("quantity") - pl.col("expected")).with_columns(
            residual="left"
        ),
        pl.lit(tolerances.account(), MONEY),
        ["bot", "pair"],
    )
    by_fills = explained(moved, effects.with_columns(effect="base", plain="pair", pair="account"), ["bot", "pair"])
    moved = reopened(case, moved, by_fills, lambda found: _position_drifts(case, found)).join(
        by_fills, on="change_id", how="anti", maintain_order="left"
    )
    paid = difference_changes(
        _of_judged_money(case, balances).with_columns(left="cash"), tolerances.equity(pl.col("fills")), ["bot"]
    )
    by_breaks = explained(paid, effects.with_columns(effect="cash"), ["bot"])
    paid = reopened(case, paid, by_breaks, _balance_drifts).join(
        by_breaks, on="change_id", how="anti", maintain_order="left"
    )
    drifted = without_inverse_values(case, _position_drifts(case, moved.filter("differs")))
    by_position = by_price(case, with_acceptance(case, moved, drifted), by_fills, paid.filter("differs"))
    paid = paid.filter("differs").join(by_position, on="change_id", how="anti", maintain_order="left")
    by_sign = explained(paid, as_account(case, unsigned(case)).with_columns(effect="cash"), ["bot"]).group_by(
        "change_id"
    )
    paid = paid.join(by_sign.agg(paid_at=pl.col("s_at").min()), on="change_id", how="left", maintain_order="left")
    of_tokens, by_fees = token_drifts(case, effects)
    drifts = before_operations(case, pl.concat([drifted, _balance_drifts(paid), of_tokens]))
    metrics = [
        each
        for bot in case.desk.judged
        for kind, rows in (("position_drift", whole), ("balance_drift", balances))
        for each in drift_counts(case, rows, drifts, bot.name, kind)
    ]
    return Findings(
        metrics,
        drifts,
        pl.concat(
            [
                explanations(by_fills, "position"),
                explanations(by_breaks, "balance"),
                explanations(by_fees, "balance"),
                by_position.drop("change_id").drop_nulls("text"),
            ]
        ),
    )


def _of_judged_money(case: Case, balances: pl.DataFrame) -> pl.DataFrame:
    """Return the balances of bots all of whose money is the desk's quote."""
    foreign = [account_name(case, bot.name) for bot in case.desk.judged if unvalued(case, bot)]
    return balances.filter(~pl.col("bot").is_in(foreign))


def _position_drifts(case: Case, moved: pl.DataFrame) -> pl.DataFrame:
    return drift_breaks(
        moved,
        "position_drift",
        observed="quantity",
        value=notional(pl.col("residual").abs(), pl.col("price")),
        restored=pl.lit("back at what the fills add up to, after another position had been accepted"),
        differs=pl.format("the venue's snapshot against {} agreed fills", "fills") + _of_expiry(case),
    )


def _of_expiry(case: Case) -> pl.Expr:
    """Return the end of the sentence for a contract that is gone after its expiry: a venue settles it without a fill."""
    declared = {
        f"{bot.name} {pair}": parse_symbol(symbol).expiry
        for bot in case.desk.judged
        for pair, symbol in bot.symbols.items()
    }
    market = plain_of(pl.col("pair"))
    named = pl.format("{} {}", "bot", market).replace_strict(
        list(declared), list(declared.values()), default=None, return_dtype=pl.String
    )
    expiry = pl.coalesce(named, market.str.extract(r":[^-]+-(\d{6})$")).str.to_date("%y%m%d", strict=False)
    gone = (pl.col("quantity") == 0) & (expiry.cast(pl.Datetime("us")) < pl.col("ts").dt.replace_time_zone(None))
    said = pl.format(
        "; it expired on {}, and its settlement is no fill: check its price, then accept the break", expiry
    )
    return pl.when(gone).then(said).otherwise(pl.lit("")).fill_null("")


def _balance_drifts(paid: pl.DataFrame) -> pl.DataFrame:
    sign = _of_sign(paid)
    return drift_breaks(
        paid.with_columns(pair=pl.lit(None, pl.String)),
        "balance_drift",
        observed="total",
        value=pl.col("residual").abs(),
        restored=pl.format("{} is back at what it should be, after another balance had been accepted", "token") + sign,
        differs=pl.format("{} against opening, fills, fees, funding and transfers", "token") + sign,
    )


def _of_sign(paid: pl.DataFrame) -> pl.Expr:
    """Return the end of the sentence for a drift that payments of an unknown sign explain."""
    if "paid_at" not in paid.columns:
        return pl.lit("")
    at = pl.col("paid_at").dt.strftime("%Y-%m-%d %H:%M")
    return pl.format(f": the payment of {{}} with the other sign; {UNSIGNED}", at).fill_null("")
