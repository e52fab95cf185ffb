"""Positions and balances: does the venue's account say what the agreed fills add up to?

A drift that another break explains is suppressed, and the explanation appended to that break. The balance is checked
without what the position differs by, at the mark: so a position drift stays one break however its price moves.
"""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case
from deskgate.case.expressions import notional, plain
from deskgate.case.findings import Findings, Metric, breaks_frame
from deskgate.case.legs import absent_leg, export_kinds
from deskgate.case.markets import incomparable
from deskgate.case.metric_spec import WITH_ACCOUNT
from deskgate.case.tolerances import MONEY
from deskgate.case.values import unvalued, without_inverse_values, without_snapshot
from deskgate.reconciliation.accounts.balances import mixed_account, quote_balances, rolled_balances
from deskgate.reconciliation.accounts.causes import by_price, explained, explanations, suspects, unsigned
from deskgate.reconciliation.accounts.changes import difference_changes, reopened, with_acceptance
from deskgate.reconciliation.accounts.hedged import net_only
from deskgate.reconciliation.accounts.hedged import plain as plain_of
from deskgate.reconciliation.accounts.liquidity import before_operations, blocks
from deskgate.reconciliation.accounts.positions import rolled_positions
from deskgate.reconciliation.accounts.shared import account_name, as_account, members, undivided
from deskgate.reconciliation.accounts.spot import has_spot_positions, shared_base
from deskgate.reconciliation.accounts.token_drifts import token_drifts
from deskgate.reconciliation.accounts.tokens import unlisted_fees
from deskgate.reconciliation.agreed import confirmed
from deskgate.reconciliation.breaks.counts import kind_metrics, tally
from deskgate.reconciliation.funding_amounts import UNSIGNED
from deskgate.sources.market_names import trades_spot_alone
from deskgate.sources.markets import parse_symbol
from deskgate.sources.registry import account_kinds

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
        for each in _measure(case, rows, drifts, bot.name, kind)
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
    # The fills are what the legs agree on, so it is the account that says otherwise.
    return breaks_frame(
        moved.with_columns(
            kind=pl.lit("position_drift"),
            leg=pl.lit("exchange"),
            observed=plain(pl.col("quantity")),
            expected=plain(pl.col("expected")),
            delta=plain(pl.col("residual")),
            value_quote=notional(pl.col("residual").abs(), pl.col("price")),
            detail=pl.when("reverted")
            .then(pl.lit("back at what the fills add up to, after another position had been accepted"))
            .otherwise(pl.format("the venue's snapshot against {} agreed fills", "fills") + _of_expiry(case)),
        ),
        day_offset="1us",
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
    return breaks_frame(
        paid.with_columns(
            kind=pl.lit("balance_drift"),
            leg=pl.lit("exchange"),
            pair=pl.lit(None, pl.String),
            observed=plain(pl.col("total")),
            expected=plain(pl.col("expected")),
            delta=plain(pl.col("residual")),
            value_quote=pl.col("residual").abs(),
            detail=pl.when("reverted")
            .then(pl.format("{} is back at what it should be, after another balance had been accepted", "token"))
            .otherwise(pl.format("{} against opening, fills, fees, funding and transfers", "token"))
            + _of_sign(paid),
        ),
        day_offset="1us",
    )


def _of_sign(paid: pl.DataFrame) -> pl.Expr:
    """Return the end of the sentence for a drift that payments of an unknown sign explain."""
    if "paid_at" not in paid.columns:
        return pl.lit("")
    at = pl.col("paid_at").dt.strftime("%Y-%m-%d %H:%M")
    return pl.format(f": the payment of {{}} with the other sign; {UNSIGNED}", at).fill_null("")


# What an account's export is called in messages, and the table that it has rows in.
_TABLE_OF = {"positions": "positions", "balance": "balances"}


def _measure(case: Case, rows: pl.DataFrame, drifts: pl.DataFrame, bot: str, kind: str) -> list[Metric]:
    what = {"position_drift": "positions", "balance_drift": "balance"}[kind]
    account, together = account_name(case, bot), members(case, bot)
    closed = _closed(case, rows.filter(pl.col("bot") == account))
    today = closed.filter(~pl.col("is_start"))
    lacks = next(
        (
            why
            for each in together
            if (why := _lacks(case, each, what) or _unread(case, each, what) or blocks(case, each))
        ),
        None,
    )
    if lacks is None and kind == "position_drift":
        silent = today.filter(pl.col("quantity").is_null())
        today = today.filter(pl.col("quantity").is_not_null())
        if silent.height:
            lacks = f"the snapshot of {silent['ts'][0]:%H:%M} UTC does not say what {bot} holds of {silent['pair'][0]}"
    if lacks is None and kind == "balance_drift":
        unsure = _closed(case, quote_balances(case).filter(pl.col("bot") == account)).height - closed.height
        if unsure > 0:
            lacks = f"{unsure} balances of {bot} on {case.day} have no positions with a mark price of the same moment"
    if lacks is None and today.is_empty():
        lacks = f"{bot} has no {what} snapshot of {case.day} that can be rolled forward to"
    fees = unlisted_fees(case, bot) if kind == "balance_drift" else None
    # The account of contracts of some venues does not hold what fees are paid in; one of spot does.
    if trades_spot_alone(case.desk.bots[bot]):
        lacks = lacks or fees
    # Of an account of several bots there is one break, which counts for each of them.
    of_account = drifts.filter(pl.col("bot") == account).with_columns(bot=pl.lit(bot))
    shared = f"of the account that {' and '.join(together)} share" if len(together) > 1 else None
    remark = "; ".join(filter(None, (fees, shared))) or None
    return tally(case, bot, kind, of_account, today.height, lacks, remark=remark)


def _closed(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the snapshots of the day, the one that closed it included and the one of 00:00 not."""
    return rows.filter((pl.col("ts") > case.start) & (pl.col("ts") <= case.closing))


def _lacks(case: Case, bot: str, what: str) -> str | None:
    """Return what is missing for rolling this bot's account forward, or None."""
    if not confirmed(case, bot):
        return f"{bot} has no agreed fills to roll forward: {absent_leg(case.sources, bot, 'exchange')}"
    # A balance is only rolled forward with the positions of its instant.
    found = export_kinds(case.sources, bot)
    owned = has_spot_positions(case, case.desk.bots[bot])
    wanted = ("balance",) if owned else dict.fromkeys((what, "positions"))
    missing = [each for each in wanted if not found & set(account_kinds(_TABLE_OF[each]))]
    if missing:
        return f"{bot} has no readable {' and no '.join(missing)} export of the venue{_unreadable_file(case, bot, missing)}"
    opening = case.desk.bots[bot].opening
    if opening and opening.at >= case.end:
        return (
            f"bots.{bot}.opening is of {opening.at:%Y-%m-%d %H:%M} UTC, after the day, so nothing can be rolled forward"
        )
    if why := without_snapshot(case.desk.bots[bot]) or undivided(case, bot):
        return why
    if what == "balance":
        return unvalued(case, case.desk.bots[bot]) or mixed_account(case, bot)
    return incomparable(case, bot) or net_only(case, bot) or shared_base(case, bot)


def _unreadable_file(case: Case, bot: str, whats: list[str]) -> str:
    """Return which file of these exports has a record that could not be read, as a sentence's end; empty if none has."""
    kinds = [kind for what in whats for kind in account_kinds(_TABLE_OF[what])]
    mine = case.sources.filter((pl.col("bot") == bot) & pl.col("kind").is_in(kinds) & (pl.col("quarantined") > 0))
    return f": {mine['path'].sort()[0]} has a record that could not be read" if mine.height else ""


def _unread(case: Case, bot: str, what: str) -> str | None:
    """Return which export of the day could not be read whole, or None."""
    # What is held of spot is in the balances.
    others = "balances" if has_spot_positions(case, case.desk.bots[bot]) else "positions"
    unread = case.sources.filter(
        (pl.col("bot") == bot)
        & (pl.col("leg") == "exchange")
        & pl.col("kind").is_in([*account_kinds(_TABLE_OF[what]), *account_kinds(others)]),
        pl.col("quarantined") > 0,
        pl.col("exported_at").is_null() | pl.col("exported_at").is_between(case.start, case.closing, closed="right"),
    )
    if unread.height:
        return f"{unread['path'][0]} has a record that could not be read, so that it does not say what {bot} held"
    return None
