"""The frozen baseline: is there one, who froze it, has the configuration changed since, and is the strategy in it?

Nothing freezes itself. A desk whose baseline was never frozen has none, and no verdict about drift from it. What a bot's
`config` in desk.toml does not name is not frozen, and a change of it is no drift.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from deskgate.case.baselines import in_force
from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec, Scope, bots_that
from deskgate.config.bot import Bot, Mode
from deskgate.config.compose import unpinned

__all__ = ["METRICS", "Drift", "check", "drift"]

_FROZEN = bots_that("live bots, and others with `config`", lambda bot: bot.mode is Mode.LIVE or bool(bot.config))
_STARTED = Scope("desks with `[deployment] compose`", lambda desk: [PORTFOLIO] if desk.deployment.compose else [])
_UNFROZEN = bots_that("paper and testnet bots", lambda bot: bot.mode is not Mode.LIVE)
_LISTED = 5
METRICS = (
    MetricSpec("config_drift", "files", THE_PORTFOLIO, "Configuration files that differ from the frozen baseline."),
    MetricSpec("entered_late_h", "h", THE_PORTFOLIO, "How long after its own instant the baseline was entered."),
    MetricSpec(
        "config_unmatched",
        "patterns",
        _FROZEN,
        "Patterns of the bot's `config` in desk.toml that match no file, controllers that its scripts start and no pattern names, and files that cannot be read.",
    ),
    MetricSpec(
        "images_unpinned",
        "services",
        _STARTED,
        "Services that compose files start from an image that may be another one tomorrow.",
    ),
    MetricSpec(
        "start_problems",
        "problems",
        _STARTED,
        "What of the compose files does not resolve without the shell that started them.",
    ),
    MetricSpec("compose_services", "services", THE_PORTFOLIO, "Services of the compose files that desk.toml names."),
    MetricSpec("config_files", "files", _UNFROZEN, "Files that the bot's `config` in desk.toml names."),
)


@dataclass(frozen=True)
class Drift:
    """The files that differ from the baseline."""

    changed: list[str]
    added: list[str]
    missing: list[str]

    @property
    def files(self) -> list[str]:
        """All of them, each with what happened to it."""
        return (
            [f"{name} changed" for name in self.changed]
            + [f"{name} is new" for name in self.added]
            + [f"{name} is gone" for name in self.missing]
        )


def drift(frozen: Mapping[str, str], now: Mapping[str, str]) -> Drift:
    """Compare the digests of the configuration (file -> sha256) with the frozen ones."""
    return Drift(
        changed=sorted(name for name in frozen.keys() & now.keys() if frozen[name] != now[name]),
        added=sorted(now.keys() - frozen.keys()),
        missing=sorted(frozen.keys() - now.keys()),
    )


def check(case: Case) -> Findings:
    """Measure the drift from the baseline in force at `as_of`.

    Returns
    -------
    Findings
        For the whole desk: `config_drift`, the number of files that differ; `entered_late_h`, by how many hours the
        freeze was entered after the instant it speaks for. Per bot: `config_unmatched`, the patterns of its `config` without
        a file, controllers without a pattern and files that cannot be read, and for paper and testnet bots `config_files`; none without `config`. Of the compose files `images_unpinned`,
        `start_problems` and `compose_services`.
    """
    return Findings(
        _of_desk(case) + _start_up(case) + [metric for bot in case.desk.judged for metric in _of_bot(case, bot)]
    )


def _start_up(case: Case) -> list[Metric]:
    """Measure whether the same images would be started again."""
    if not case.desk.deployment.compose:
        lacks = "desk.toml names no compose file ([deployment] compose), so nothing shows that the bots can be started again alike"
        return [Metric(PORTFOLIO, "compose_services", None, 0, lacks)]
    names = ("images_unpinned", "start_problems", "compose_services")
    if case.policy is None:
        return [Metric(PORTFOLIO, name, None, 0, "nobody looked at the compose files") for name in names]
    images = case.policy.images
    moving = [f"{name}: {why}" for name, image in images.items() if (why := unpinned(image))]
    values = {names[0]: moving, names[1]: case.policy.start_problems, names[2]: list(images)}
    return [
        Metric(PORTFOLIO, name, float(len(found)), len(images), "; ".join(found) or None)
        for name, found in values.items()
    ]


def _of_bot(case: Case, bot: Bot) -> list[Metric]:
    """Measure whether the bot's strategy is in the baseline."""
    patterns = {} if case.policy is None else case.policy.config.get(bot.name, {})
    files = {name for found in patterns.values() for name in found}
    empty = sorted(pattern for pattern, found in patterns.items() if not found)
    started = [] if case.policy is None else case.policy.unfrozen.get(bot.name, [])
    lacking = [*(f"{each} matches no file" for each in empty), *started]
    unmatched = Metric(bot.name, "config_unmatched", float(len(lacking)), len(patterns), "; ".join(lacking) or None)
    if not patterns:
        lacks = f"bots.{bot.name}.config in desk.toml names no file, so its strategy is not frozen"
        unmatched = Metric(bot.name, "config_unmatched", None, 0, lacks)
    if bot.mode is Mode.LIVE:
        return [unmatched]
    named = Metric(bot.name, "config_files", float(len(files)) if patterns else None, len(files), unmatched.note)
    return [unmatched, named] if bot.config else [named]


def _of_desk(case: Case) -> list[Metric]:
    frozen = in_force(case.frames["baselines"])
    if frozen is None:
        at = f"{case.as_of:%Y-%m-%d %H:%M} UTC"
        why = f"no baseline speaks for {at} or before: `deskgate baseline freeze --by --why` speaks from now on (from --as-of while no later decision is on record)"
        return [Metric(PORTFOLIO, name, None, 0, why) for name in ("config_drift", "entered_late_h")]
    moved = drift(frozen.digests, case.digests)
    who = f"frozen by {frozen.by} as of {frozen.effective_at:%Y-%m-%d %H:%M} UTC: {frozen.why}"
    late = (frozen.recorded_at - frozen.effective_at).total_seconds() / 3600
    return [
        Metric(
            PORTFOLIO, "config_drift", float(len(moved.files)), len(frozen.digests), _drift_note(case, moved) or who
        ),
        Metric(
            PORTFOLIO,
            "entered_late_h",
            max(late, 0.0),
            1,
            f"{who}; entered {frozen.recorded_at:%Y-%m-%d %H:%M} UTC",
        ),
    ]


def _drift_note(case: Case, moved: Drift) -> str:
    """Say which files differ, and which keys of them."""
    changes = [] if case.policy is None else case.policy.changes
    more = [f"and {len(changes) - _LISTED} more keys"] if len(changes) > _LISTED else []
    return "; ".join([*moved.files, *map(str, changes[:_LISTED]), *more]) if moved.files else ""
