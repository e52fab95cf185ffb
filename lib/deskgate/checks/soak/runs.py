"""The scheduled runs: was each day of the soak judged when it was over?

A day that nobody judged is one whose breaks nobody was told of. What a run leaves beside its decision (what it looked at) shows that it was made.
"""

from datetime import timedelta

from deskgate.case.baselines import in_force
from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec
from deskgate.checks.soak.controllers import LOOK_BACK

__all__ = ["METRICS", "scheduled_runs"]

METRICS = (
    MetricSpec(
        "runs_missing",
        "days",
        THE_PORTFOLIO,
        "Days since the baseline, of the 48 h before this one, for which no run within 24 h of their end is on record.",
    ),
)
_DAY = timedelta(days=1)


def scheduled_runs(case: Case) -> list[Metric]:
    """Return how many of the days before were not judged in time."""
    name = METRICS[0].name
    frozen = in_force(case.frames["baselines"])
    if frozen is None:
        return [Metric(PORTFOLIO, name, None, 0, "no baseline is frozen, so nothing says since when a run is due")]
    before = [case.start - n * _DAY for n in range(1, LOOK_BACK // _DAY + 1)]
    ends = [begin + _DAY for begin in before if begin >= frozen.effective_at]
    spoken = case.frames["probes"]["effective_at"]
    missing = [end for end in ends if not spoken.is_between(end, end + _DAY, closed="left").any()]
    note = f"no run of {', '.join(f'{end - _DAY:%Y-%m-%d}' for end in missing)}" if missing else None
    return [Metric(PORTFOLIO, name, float(len(missing)), len(ends), note)]
