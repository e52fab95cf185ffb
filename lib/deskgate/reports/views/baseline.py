"""Views of notebook 01: the baseline and what differs from it."""

from collections.abc import Sequence

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.baselines import in_force
from deskgate.checks.baseline import drift
from deskgate.config.compose import unpinned
from deskgate.config.policy import Policy

__all__ = ["bots", "changed_keys", "configuration", "freezes", "images", "left_out"]


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


def changed_keys(assessment: Assessment) -> pl.DataFrame:
    """Return each key that says something else than in the baseline in force: file, key, before, now."""
    rows = [(each.file, each.key, each.before, each.now) for each in _policy(assessment).changes]
    return _texts(rows, "file", "key", "before", "now")


def images(assessment: Assessment) -> pl.DataFrame:
    """Return the image of each service that the compose files start: service, image, pinned ("yes", or why it is not)."""
    rows = [(name, image, unpinned(image) or "yes") for name, image in sorted(_policy(assessment).images.items())]
    return _texts(rows, "service", "image", "pinned")


def left_out(assessment: Assessment) -> pl.DataFrame:
    """Return what desk.toml and the suites leave out: what, detail."""
    policy = _policy(assessment)
    rows = [
        *(("below the floor", each) for each in policy.below_floor),
        *(("wider bound", f"{each.entry}: {each.what}, {each.times:.3g} times") for each in policy.widened),
        *(("bot on disk", f"{name}: {', '.join(found.files)}") for name, found in policy.unnamed.items()),
        *(("compose file", each) for each in policy.start_problems),
    ]
    return _texts(rows, "what", "detail")


def _policy(assessment: Assessment) -> Policy:
    return assessment.case.policy or Policy()


def _texts(rows: Sequence[tuple[str | None, ...]], *columns: str) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
