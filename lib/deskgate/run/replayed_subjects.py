"""Who must have a verdict on a day that is replayed: by desk.toml, or where it has changed since, by what the day measured and judged."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from deskgate.case.metric_spec import PORTFOLIO, MetricSpec
from deskgate.config.desk import Desk
from deskgate.gates.evaluation import Verdict
from deskgate.gates.suites import Suite

__all__ = ["judged_on", "subjects_of"]


def subjects_of(
    metrics: pl.DataFrame, verdicts: Sequence[Verdict], suites: Mapping[str, Suite]
) -> Mapping[tuple[str, str], Collection[str]]:
    """Return by (gate, metric) whom a day measured it of, and whom it judged by it under `suites`, measured or not."""
    metric_of = {
        (gate, each.meta.entry): each.kwargs.metric for gate, suite in suites.items() for each in suite.expectations
    }
    measured = metrics.select("gate", "metric", "subject").iter_rows()
    judged = (
        (each.gate, metric_of[each.gate, each.check], each.subject)
        for each in verdicts
        if (each.gate, each.check) in metric_of
    )
    found: dict[tuple[str, str], dict[str, None]] = {}
    for gate, metric, subject in (*measured, *judged):
        found.setdefault((gate, metric), {})[subject] = None
    return found


def judged_on(
    desk: Desk,
    subjects: Mapping[tuple[str, str], Collection[str]],
    bots: Collection[str],
    gate: str,
    spec: MetricSpec,
    measured: Mapping[tuple[str, str], float | None],
    *,
    unchanged: bool,
) -> list[str]:
    """Return who must have a verdict: of a desk.toml that has changed since, whoever the day measured or judged by it.

    A metric that the day neither measured nor judged is asked of those of `bots`, the day's own, that are in its scope now.
    """
    now = spec.judged(desk, measured)
    if unchanged:
        return now
    return list(subjects.get((gate, spec.name), ())) or [who for who in now if who == PORTFOLIO or who in bots]
