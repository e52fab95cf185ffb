"""How old the exports of each account are, and the longest time without one in the last 24 h."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.case.legs import is_readable_export
from deskgate.case.metric_spec import DERIVATIVES, WITH_ACCOUNT, MetricSpec
from deskgate.checks.soak.controllers import WINDOW
from deskgate.sources.registry import account_kinds

__all__ = ["METRICS", "exports"]

METRICS = (
    MetricSpec("positions_gap_h", "h", DERIVATIVES, "Longest time without an export of positions in the last 24 h."),
    MetricSpec("positions_age_h", "h", DERIVATIVES, "Age of the last export of positions at the run's instant."),
    MetricSpec("balance_gap_h", "h", WITH_ACCOUNT, "Longest time without an export of balances in the last 24 h."),
    MetricSpec("balance_age_h", "h", WITH_ACCOUNT, "Age of the last export of balances at the run's instant."),
)


def exports(case: Case, bot: str) -> list[Metric]:
    """Return the longest gap between the exports of positions and of balances, and the age of the last."""
    return [*_exports(case, bot, "positions", "positions"), *_exports(case, bot, "balance", "balances")]


def _exports(case: Case, bot: str, kind: str, table: str) -> list[Metric]:
    names = (f"{kind}_gap_h", f"{kind}_age_h")
    kinds = account_kinds(table)
    if not case.export_kinds.get(bot, set()) & set(kinds):
        return [Metric(bot, name, None, 0, f"{bot} has no {kind} export of the venue") for name in names]
    mine = case.sources.filter(pl.col("bot") == bot, is_readable_export(), pl.col("kind").is_in(kinds))
    if table == "balances":
        mine = mine.filter(pl.col("rows") > 0)  # an account has a balance, if only one of zero; it may have no position
    stamps = mine.get_column("exported_at").drop_nulls().unique().sort()
    if stamps.is_empty():
        return [Metric(bot, name, None, 0, f"no {kind} export of {bot} has a timestamp") for name in names]
    inside = stamps.filter((stamps > case.as_of - WINDOW) & (stamps <= case.as_of))
    before = stamps.filter(stamps <= case.as_of - WINDOW)
    # The gap that reaches into the window began at the last export before it; with none before, at its edge.
    left = before.tail(1) if before.len() else pl.Series([case.as_of - WINDOW], dtype=stamps.dtype)
    edges = pl.concat([left, inside, pl.Series([case.as_of], dtype=stamps.dtype)])
    gaps = edges.diff().drop_nulls().dt.total_seconds() / 3600
    note = f"{inside.len()} {kind} exports in the window, the last of {stamps[-1]:%Y-%m-%d %H:%M} UTC"
    return [
        Metric(bot, names[0], float(gaps.sort()[-1]), inside.len(), note),
        Metric(bot, names[1], float(gaps[-1]), inside.len(), note),
    ]
