"""Changes of an account's difference: at which snapshots it became another one, and when it began.

A difference is compared with the one last reported, not with the snapshot before: what grows by less than the tolerance
each time adds up.
"""

from collections.abc import Callable
from decimal import Decimal

import polars as pl

from deskgate.case.case import Case
from deskgate.case.tolerances import MONEY
from deskgate.reconciliation.breaks.counts import when_accepted

__all__ = ["difference_changes", "reopened", "with_acceptance"]


def difference_changes(rows: pl.DataFrame, bound: pl.Expr, over: list[str]) -> pl.DataFrame:
    """Return the snapshots at which the account's difference became another one, by `bound` or more.

    Parameters
    ----------
    rows
        Snapshots: the columns `over`, snapshot_ts, opened, left (what is unexplained) and residual (what a break reports of it).
    over
        What an account is.

    Returns
    -------
    polars.DataFrame
        The rows with a number, `change_id`; `bound`; `since`, the snapshot before, or the opening; `change` of `left` since
        the last change; `differs`, whether the account differs now, or is back where it should be; `origin`, the snapshot at
        which it last began to differ; `lasts`, whether the next snapshot is not back where this one came from; and
        `reverted`, false until `reopened` says otherwise.
    """
    rows = rows.sort(*over, "snapshot_ts", "ts", maintain_order=True).with_columns(
        bound=bound,
        since=pl.coalesce(pl.col("snapshot_ts").shift(1).over(over), "opened"),
        after=pl.col("left").shift(-1).over(over),
    )
    # Most accounts never differ.
    off = rows.filter((pl.col("left").abs() >= pl.col("bound")).any().over(over))
    found = [
        account.with_columns(
            pl.Series("reference", references, dtype=MONEY), pl.Series("from", origins, dtype=pl.Int64)
        ).with_columns(origin=pl.col("snapshot_ts").gather(pl.col("from")))
        for account in off.partition_by(over, maintain_order=True)
        for references, origins in [_walk(account["left"].to_list(), account["bound"].to_list())]
    ]
    empty = off.with_columns(
        reference=pl.lit(None, MONEY), origin="snapshot_ts", **{"from": pl.lit(None, pl.Int64)}
    ).clear()
    return (
        pl.concat([empty, *[account.select(empty.columns) for account in found]])
        .filter(pl.col("reference").is_not_null())
        .with_columns(
            change=pl.col("left") - pl.col("reference"),
            differs=pl.col("left").abs() >= pl.col("bound"),
            lasts=((pl.col("after") - pl.col("reference")).abs() >= pl.col("bound")).fill_null(value=True),
        )
        .drop("reference", "from", "after")
        .with_columns(reverted=pl.lit(value=False))
        .with_row_index("change_id")
    )


def _walk(left: list[Decimal], bounds: list[Decimal]) -> tuple[list[Decimal | None], list[int | None]]:
    """Return, for each snapshot that changes the difference, the difference before and the place where this one began."""
    references: list[Decimal | None] = []
    origins: list[int | None] = []
    reported, origin = Decimal(0), 0
    for place, (now, bound) in enumerate(zip(left, bounds, strict=True)):
        back = abs(now) < bound
        if abs(now - reported) < bound or (back and not reported):
            references.append(None)
            origins.append(None)
            continue
        references.append(reported)
        reported, origin = (Decimal(0), origin) if back else (now, place)
        origins.append(origin)
    return references, origins


def reopened(
    case: Case, changes: pl.DataFrame, by_fills: pl.DataFrame, breaks: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """Reopen a drift when an accepted difference disappears.

    An accepted difference (a deposit that no export lists) is how the account is; losing it is another change.
    """
    keys = ["bot", "pair"] if changes.schema.get("pair") else ["bot"]
    own = when_accepted(case, breaks(changes.filter("differs"))).select(*keys, ts="ts", until="accepted_at")
    own = own.join(changes.select(*keys, "ts", "origin"), on=[*keys, "ts"]).select(*keys, "origin", "until")
    theirs = by_fills.select(*keys, "origin", until="s_until")
    until = pl.concat([own, theirs]).group_by(*keys, "origin").agg(pl.col("until").min())
    back = ~pl.col("differs") & (pl.col("until") < pl.col("visible_at"))
    return (
        changes.join(until, on=[*keys, "origin"], how="left", maintain_order="left")
        .with_columns(reverted=back.fill_null(value=False))
        .with_columns(
            differs=pl.col("differs") | pl.col("reverted"),
            origin=pl.when("reverted").then("snapshot_ts").otherwise("origin"),
            residual=pl.when("reverted").then("change").otherwise("residual"),
            expected=pl.when("reverted")
            .then(pl.col("expected") + pl.col("residual") - pl.col("change"))
            .otherwise("expected"),
        )
        .drop("until")
    )


def with_acceptance(case: Case, moved: pl.DataFrame, drifted: pl.DataFrame) -> pl.DataFrame:
    """Add `until`, when the break that a difference belongs to was accepted; differences without a break are left out."""
    known = when_accepted(case, drifted).select("bot", "pair", origin="ts", until="accepted_at")
    return moved.join(known, on=["bot", "pair", "origin"], maintain_order="left")
