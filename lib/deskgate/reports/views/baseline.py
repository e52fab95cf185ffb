"""Views of notebook 01: the baseline and what differs from it."""

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.baselines import in_force
from deskgate.checks.baseline import drift

__all__ = ["bots", "configuration", "freezes"]


def freezes(assessment: Assessment) -> pl.DataFrame:
    """Return every freeze known at `as_of`, newest first: effective_at, recorded_at, by, why, files."""
    frozen = assessment.case.frames["baselines"].sort("effective_at", "recorded_at", descending=True)
    return frozen.select(
        "effective_at", "recorded_at", "by", "why", pl.col("digests").str.count_matches(":").alias("files")
    )


def configuration(assessment: Assessment) -> pl.DataFrame:
    """Return each configuration file and how it stands to the baseline: file, now, sha256."""
    frozen = in_force(assessment.case.frames["baselines"])
    now = assessment.case.digests
    moved = drift(frozen.digests, now) if frozen else None
    states = {} if moved is None else {**dict.fromkeys(moved.changed, "changed"), **dict.fromkeys(moved.added, "new")}
    rows = [
        (name, states.get(name, "as frozen" if frozen else "never frozen"), digest[:12]) for name, digest in now.items()
    ]
    gone = [(name, "gone", None) for name in (moved.missing if moved else [])]
    return pl.DataFrame([*rows, *gone], schema=dict.fromkeys(("file", "now", "sha256"), pl.String), orient="row")


def bots(assessment: Assessment) -> pl.DataFrame:
    """Return the desk's bots: bot, mode, connector, pairs, shadow, judged."""
    return pl.DataFrame(
        [
            (bot.name, bot.mode.value, bot.connector, ", ".join(bot.pairs), bot.shadow, bot.judged)
            for bot in assessment.case.desk.bots.values()
        ],
        schema=dict.fromkeys(("bot", "mode", "connector", "pairs", "shadow"), pl.String) | {"judged": pl.Boolean},
        orient="row",
    )
