"""Files of the day that are no longer what was read of them: evidence that nobody can look at again, or that somebody changed.

A run compares the desk's files with what was read of them, see `deskgate.store.lost_files`; here it is judged. What a desk
deletes by habit only warns: an export of the venue, which can be asked for again, and logs some days after their day.
"""

import json
from datetime import timedelta

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric, listed
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec
from deskgate.schema import BOT_LEGS
from deskgate.store.lost_files import LostFile

__all__ = ["METRICS", "check", "last_look", "lost_in"]

# For how long after its day a file is expected to be kept. A lost one is counted in `own_files_lost` until then, and in
# `other_files_lost` after it: desks delete logs by age. Within it a day was judged, or has no evidence left to look at. It says
# what is measured, as the length of a day does; how many lost files are too many stands in the suite.
_RETENTION = timedelta(days=2)
METRICS = (
    MetricSpec(
        "own_files_lost",
        "files",
        THE_PORTFOLIO,
        "Databases, tables and event files of the bots with records of the day that are gone, have less than was read of"
        f" them, or begin otherwise, and whose content lies nowhere beside them. Up to {_RETENTION.days} days after the day.",
    ),
    MetricSpec(
        "other_files_lost",
        "files",
        THE_PORTFOLIO,
        "Exports of the venue with records of the day that are gone; files of the bots that were renamed to what no"
        " pattern lists, or are gone later than that.",
    ),
)


def check(case: Case) -> Findings:
    """Count the files that the last look of a run at this day has found lost.

    Returns
    -------
    Findings
        Of the portfolio: `own_files_lost` and `other_files_lost`; no value where no run has looked.
    """
    own, other = (spec.name for spec in METRICS)
    looked = last_look(case)
    if looked.is_empty():
        lacks = f"no run has compared the files of {case.day} with what was read of them"
        return Findings([Metric(PORTFOLIO, name, None, 0, lacks) for name in (own, other)])
    lost = lost_in(looked["content"].item())
    is_recent = case.as_of <= case.start + timedelta(days=1) + _RETENTION
    of_bots = [each for each in lost if each.leg in BOT_LEGS]
    blocking = [each for each in of_bots if is_recent and not each.lies_at]
    exports = [each for each in lost if each.leg not in BOT_LEGS and is_recent]
    warned = [each for each in of_bots if each not in blocking] + exports
    return Findings([_counted(own, blocking), _counted(other, warned)])


def last_look(case: Case) -> pl.DataFrame:
    """Return the row of the last look at the files of a case's day; of another day's files it says nothing."""
    looks = case.frames["probes"].filter(
        pl.col("kind") == "files", pl.col("content").str.json_path_match("$.day") == case.day.isoformat()
    )
    return looks.sort("effective_at", "recorded_at", "row_id").tail(1)


def lost_in(content: str) -> list[LostFile]:
    """Return the lost files that a look has on record."""
    return [LostFile(**each) for each in json.loads(content)["lost"]]


def _counted(name: str, lost: list[LostFile]) -> Metric:
    # How many files there are differs from run to run of one day.
    return Metric(PORTFOLIO, name, float(len(lost)), 1, listed([str(each) for each in lost]))
