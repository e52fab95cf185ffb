"""Positions and balances: does the venue's account say what the agreed fills add up to?

A difference that a listed break already explains is told with that break, and is not another one. The balance is looked at
without what the position differs by, at the mark: so a position that differs stays one break however its price moves.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case
from deskgate.case.expressions import notional, plain
from deskgate.case.findings import Findings, Metric, breaks_frame
from deskgate.case.legs import absent_leg, export_kinds
from deskgate.case.metric_spec import WITH_ACCOUNT
from deskgate.case.tolerances import MONEY
from deskgate.reconciliation.accounts.causes import by_price, explained, said, suspects
from deskgate.reconciliation.accounts.roll_forward import quote_balances, rolled_balances, rolled_positions
from deskgate.reconciliation.agreed import confirmed
from deskgate.reconciliation.breaks.counts import kind_metrics, tally, when_accepted
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
        explained by. A difference that stays as it is from one snapshot to the next is one break, at the first of them.
    """
    whole = rolled_positions(case)
    positions = whole.filter(pl.col("quantity").is_not_null())
    balances = rolled_balances(case, whole)
    effects = suspects(case)
    moved = _changes(
        positions.with_columns(moment="ts", left=pl.col("quantity") - pl.col("expected")).with_columns(residual="left"),
        pl.lit(tolerances.account(), MONEY),
        ["bot", "pair"],
    )
    by_fills = explained(moved, effects.with_columns(effect="base"), ["bot", "pair"])
    moved = _reopened(case, moved, by_fills, _position_drifts).join(
        by_fills, on="drift", how="anti", maintain_order="left"
    )
    paid = _changes(
        _of_judged_money(case, balances).with_columns(left="cash"), tolerances.equity(pl.col("fills")), ["bot"]
    )
    by_breaks = explained(paid, effects.with_columns(effect="cash"), ["bot"])
    paid = _reopened(case, paid, by_breaks, _balance_drifts).join(
        by_breaks, on="drift", how="anti", maintain_order="left"
    )
    drifted = _position_drifts(moved.filter("apart"))
    by_position = by_price(case, _with_acceptance(case, moved, drifted), by_fills, paid.filter("apart"))
    paid = paid.filter("apart").join(by_position, on="drift", how="anti", maintain_order="left")
    drifts = pl.concat([drifted, _balance_drifts(paid)])
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
            [said(by_fills, "position"), said(by_breaks, "balance"), by_position.drop("drift").drop_nulls("text")]
        ),
    )


def _changes(rows: pl.DataFrame, bound: pl.Expr, over: list[str]) -> pl.DataFrame:
    """Return the snapshots at which the account's difference became another one, by `bound` or more.

    Parameters
    ----------
    rows
        Snapshots: the columns `over`, moment, opened, left (what is unexplained) and residual (what is told of it).
    over
        What an account is.

    Returns
    -------
    polars.DataFrame
        The rows with a number, `drift`; `bound`; `since`, the moment before, or the opening; `change` of `left` since the difference was
        last another one; `apart`, whether the account differs now, or is back where it should be; `origin`, the moment
        at which it last began to differ; `stays`, whether the next snapshot is not back where this one came from; and `back`, false until `_reopened` knows better.
    """
    rows = rows.sort(*over, "moment", "ts", maintain_order=True).with_columns(
        bound=bound,
        since=pl.coalesce(pl.col("moment").shift(1).over(over), "opened"),
        after=pl.col("left").shift(-1).over(over),
    )
    # Nearly always an account is as it should be throughout.
    off = rows.filter((pl.col("left").abs() >= pl.col("bound")).any().over(over))
    found = [
        account.with_columns(
            pl.Series("reference", references, dtype=MONEY), pl.Series("from", origins, dtype=pl.Int64)
        ).with_columns(origin=pl.col("moment").gather(pl.col("from")))
        for account in off.partition_by(over, maintain_order=True)
        for references, origins in [_walk(account["left"].to_list(), account["bound"].to_list())]
    ]
    empty = off.with_columns(reference=pl.lit(None, MONEY), origin="moment", **{"from": pl.lit(None, pl.Int64)}).clear()
    return (
        pl.concat([empty, *[account.select(empty.columns) for account in found]])
        .filter(pl.col("reference").is_not_null())
        .with_columns(
            change=pl.col("left") - pl.col("reference"),
            apart=pl.col("left").abs() >= pl.col("bound"),
            stays=((pl.col("after") - pl.col("reference")).abs() >= pl.col("bound")).fill_null(value=True),
        )
        .drop("reference", "from", "after")
        .with_columns(back=pl.lit(value=False))
        .with_row_index("drift")
    )


def _walk(left: list[Decimal], bounds: list[Decimal]) -> tuple[list[Decimal | None], list[int | None]]:
    """Return, for each snapshot at which the difference is another one than was last told, that one; and where it began.

    Against the one told last, and not the snapshot before: what grows by less than the bound each time adds up.
    """
    references: list[Decimal | None] = []
    origins: list[int | None] = []
    told, origin = Decimal(0), 0
    for place, (now, bound) in enumerate(zip(left, bounds, strict=True)):
        back = abs(now) < bound
        if abs(now - told) < bound or (back and not told):
            references.append(None)
            origins.append(None)
            continue
        references.append(told)
        told, origin = (Decimal(0), origin) if back else (now, place)
        origins.append(origin)
    return references, origins


def _of_judged_money(case: Case, balances: pl.DataFrame) -> pl.DataFrame:
    """Return the balances of bots all of whose money is the desk's quote."""
    foreign = [bot.name for bot in case.desk.judged if bot.foreign_pairs(case.desk.quote)]
    return balances.filter(~pl.col("bot").is_in(foreign))


def _reopened(
    case: Case, changes: pl.DataFrame, by_fills: pl.DataFrame, breaks: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """Let an account that is back where it should be differ all the same where its difference had been accepted by then.

    What an operator has accepted (a deposit that no export lists) is how the account is; leaving that is another change.
    """
    keys = ["bot", "pair"] if changes.schema.get("pair") else ["bot"]
    own = when_accepted(case, breaks(changes.filter("apart"))).select(*keys, ts="ts", until="accepted_at")
    own = own.join(changes.select(*keys, "ts", "origin"), on=[*keys, "ts"]).select(*keys, "origin", "until")
    theirs = by_fills.select(*keys, "origin", until="s_until")
    until = pl.concat([own, theirs]).group_by(*keys, "origin").agg(pl.col("until").min())
    back = ~pl.col("apart") & (pl.col("until") < pl.col("visible_at"))
    return (
        changes.join(until, on=[*keys, "origin"], how="left", maintain_order="left")
        .with_columns(back=back.fill_null(value=False))
        .with_columns(
            apart=pl.col("apart") | pl.col("back"),
            origin=pl.when("back").then("moment").otherwise("origin"),
            residual=pl.when("back").then("change").otherwise("residual"),
            expected=pl.when("back")
            .then(pl.col("expected") + pl.col("residual") - pl.col("change"))
            .otherwise("expected"),
        )
        .drop("until")
    )


def _with_acceptance(case: Case, moved: pl.DataFrame, drifted: pl.DataFrame) -> pl.DataFrame:
    """Add `until`, when the break that a difference belongs to was accepted; differences without a break are left out."""
    known = when_accepted(case, drifted).select("bot", "pair", origin="ts", until="accepted_at")
    return moved.join(known, on=["bot", "pair", "origin"], maintain_order="left")


def _position_drifts(moved: pl.DataFrame) -> pl.DataFrame:
    # The fills are what the legs agree on, so it is the account that says otherwise.
    return breaks_frame(
        moved.with_columns(
            kind=pl.lit("position_drift"),
            leg=pl.lit("exchange"),
            observed=plain(pl.col("quantity")),
            expected=plain(pl.col("expected")),
            delta=plain(pl.col("residual")),
            value_quote=notional(pl.col("residual").abs(), pl.col("price")),
            detail=pl.when("back")
            .then(pl.lit("back at what the fills add up to, after another position had been accepted"))
            .otherwise(pl.format("the venue's snapshot against {} agreed fills", "fills")),
        ),
        day_offset="1us",
    )


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
            detail=pl.when("back")
            .then(pl.format("{} is back at what it should be, after another balance had been accepted", "token"))
            .otherwise(pl.format("{} against opening, fills, fees, funding and transfers", "token")),
        ),
        day_offset="1us",
    )


# What an account's export is called in messages, and the table that it has rows in.
_TABLE_OF = {"positions": "positions", "balance": "balances"}


def _measure(case: Case, rows: pl.DataFrame, drifts: pl.DataFrame, bot: str, kind: str) -> list[Metric]:
    what = {"position_drift": "positions", "balance_drift": "balance"}[kind]
    closed = _closed(case, rows.filter(pl.col("bot") == bot))
    today = closed.filter(~pl.col("anchored"))
    lacks = _lacks(case, bot, what) or _unread(case, bot, what)
    if lacks is None and kind == "position_drift":
        silent = today.filter(pl.col("quantity").is_null())
        today = today.filter(pl.col("quantity").is_not_null())
        if silent.height:
            lacks = f"the snapshot of {silent['ts'][0]:%H:%M} UTC does not say what {bot} holds of {silent['pair'][0]}"
    if lacks is None and kind == "balance_drift":
        unsure = _closed(case, quote_balances(case).filter(pl.col("bot") == bot)).height - closed.height
        if unsure > 0:
            lacks = f"{unsure} balances of {bot} on {case.day} have no positions with a mark price of the same moment"
    if lacks is None and today.is_empty():
        lacks = f"{bot} has no {what} snapshot of {case.day} that can be rolled forward to"
    return tally(case, bot, kind, drifts, today.height, lacks)


def _closed(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the snapshots of the day, the one of exactly 24:00 included and the one of 00:00 not."""
    return rows.filter((pl.col("ts") > case.start) & (pl.col("ts") <= case.start + timedelta(days=1)))


def _lacks(case: Case, bot: str, what: str) -> str | None:
    """Return what is missing for rolling this bot's account forward, or None."""
    if not confirmed(case, bot):
        return f"{bot} has no agreed fills to roll forward: {absent_leg(case.sources, bot, 'exchange')}"
    # A balance is only rolled forward with the positions of its moment.
    found = export_kinds(case.sources, bot)
    missing = [each for each in dict.fromkeys((what, "positions")) if not found & set(account_kinds(_TABLE_OF[each]))]
    if missing:
        return f"{bot} has no readable {' and no '.join(missing)} export of the venue"
    opening = case.desk.bots[bot].opening
    if opening and opening.at >= case.end:
        return (
            f"bots.{bot}.opening is of {opening.at:%Y-%m-%d %H:%M} UTC, after the day, so nothing can be rolled forward"
        )
    if bot in case.shared_accounts:
        return f"{bot} shares its venue account with another bot, and an account is not divided among bots yet"
    foreign = case.desk.bots[bot].foreign_pairs(case.desk.quote)
    if what == "balance" and foreign:
        return f"{bot} trades {', '.join(foreign)}, whose money is not the desk's {case.desk.quote}"
    return None


def _unread(case: Case, bot: str, what: str) -> str | None:
    """Return which export of the day could not be read whole, or None."""
    unread = case.sources.filter(
        (pl.col("bot") == bot)
        & (pl.col("leg") == "exchange")
        & pl.col("kind").is_in([*account_kinds(_TABLE_OF[what]), *account_kinds("positions")]),
        pl.col("quarantined") > 0,
        pl.col("exported_at").is_null() | pl.col("exported_at").is_between(case.start, case.end, closed="right"),
    )
    if unread.height:
        return f"{unread['path'][0]} has a record that could not be read, so that it does not say what {bot} held"
    return None
