"""Views of notebook 01: the baseline and what differs from it."""

from collections.abc import Sequence

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.baselines import in_force
from deskgate.case.values import without_snapshot
from deskgate.checks.baseline import drift
from deskgate.config.bot import Bot
from deskgate.config.compose import unpinned

__all__ = ["bots", "changed_keys", "configuration", "freezes", "images", "left_out"]

# An empty table would say that nothing differs.
_NOT_LOOKED = ("this run judged neither baseline nor policy",)


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
    """Return the desk's bots: bot, mode, connector, pairs, shadow, opening (in words), judged."""
    return pl.DataFrame(
        [
            (bot.name, bot.mode.value, bot.connector, ", ".join(bot.pairs), bot.shadow, _opening(bot), bot.judged)
            for bot in assessment.case.desk.bots.values()
        ],
        schema=dict.fromkeys(("bot", "mode", "connector", "pairs", "shadow", "opening"), pl.String)
        | {"judged": pl.Boolean},
        orient="row",
    )


def _opening(bot: Bot) -> str | None:
    """Return where a bot's roll-forward starts, and who says so; null where nothing does."""
    if bot.opening is None:
        return without_snapshot(bot)
    held = bot.opening.position if isinstance(bot.opening.position, dict) else {"": bot.opening.position}
    amounts = [
        *(f"{amount.normalize():f} {token}" for token, amount in bot.opening.balance.items()),
        *(f"a position of {amount.normalize():f} {pair}".rstrip() for pair, amount in held.items() if amount),
    ]
    source = "from the account's snapshot of" if bot.opens_at_first_snapshot else "from desk.toml, of"
    return f"{source} {bot.opening.at:%Y-%m-%d %H:%M:%S} UTC: {', '.join(amounts) or 'nothing'}"


def changed_keys(assessment: Assessment) -> pl.DataFrame:
    """Return each key that says something else than in the baseline in force: file, key, before, now."""
    policy, columns = assessment.case.policy, ("file", "key", "before", "now")
    if policy is None:
        return _texts([_NOT_LOOKED], *columns)
    if in_force(assessment.case.frames["baselines"]) is None:
        return _texts([("no baseline is frozen",)], *columns)
    return _texts([(each.file, each.key, each.before, each.now) for each in policy.changes], *columns)


def images(assessment: Assessment) -> pl.DataFrame:
    """Return the image of each service that the compose files start: service, image, pinned ("yes", or why it is not)."""
    policy, columns = assessment.case.policy, ("service", "image", "pinned")
    if policy is None:
        return _texts([_NOT_LOOKED], *columns)
    return _texts([(name, image, unpinned(image) or "yes") for name, image in sorted(policy.images.items())], *columns)


def left_out(assessment: Assessment) -> pl.DataFrame:
    """Return what desk.toml and the suites leave out: what, detail."""
    policy = assessment.case.policy
    if policy is None:
        return _texts([_NOT_LOOKED], "what", "detail")
    rows = [
        *(("below the floor", each) for each in policy.below_floor),
        *(("wider bound", f"{each.entry}: {each.what}, {each.times:.3g} times") for each in policy.widened),
        *(("bot on disk", f"{name}: {', '.join(found.files)}") for name, found in policy.unnamed.items()),
        *(("compose file", each) for each in policy.start_problems),
    ]
    return _texts(rows, "what", "detail")


def _texts(rows: Sequence[tuple[str | None, ...]], *columns: str) -> pl.DataFrame:
    filled = [(*row, *[None] * (len(columns) - len(row))) for row in rows]
    return pl.DataFrame(filled, schema=dict.fromkeys(columns, pl.String), orient="row")
