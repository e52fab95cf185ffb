"""The frozen baseline: is there one, who froze it, has the configuration changed since, and is the strategy in it?

Nothing freezes itself. A desk whose baseline was never frozen has none, and no verdict about drift from it. What a bot's
`config` in desk.toml does not name is not frozen, and a change of it is no drift.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from deskgate.case.baselines import in_force
from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec, bots_that
from deskgate.config.bot import Bot, Mode

__all__ = ["METRICS", "Drift", "check", "drift"]

_FROZEN = bots_that("live bots, and others with `config`", lambda bot: bot.mode is Mode.LIVE or bool(bot.config))
_UNFROZEN = bots_that("paper and testnet bots", lambda bot: bot.mode is not Mode.LIVE)
METRICS = (
    MetricSpec("config_drift", "files", THE_PORTFOLIO, "Configuration files that differ from the frozen baseline."),
    MetricSpec("entered_late_h", "h", THE_PORTFOLIO, "How long after its own instant the baseline was entered."),
    MetricSpec(
        "config_unmatched", "patterns", _FROZEN, "Patterns of the bot's `config` in desk.toml that match no file."
    ),
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
        a file, and for paper and testnet bots `config_files`; none without `config`.
    """
    return Findings(_of_desk(case) + [metric for bot in case.desk.judged for metric in _of_bot(case, bot)])


def _of_bot(case: Case, bot: Bot) -> list[Metric]:
    """Measure whether the bot's strategy is in the baseline."""
    patterns = {} if case.policy is None else case.policy.config.get(bot.name, {})
    files = {name for found in patterns.values() for name in found}
    empty = sorted(pattern for pattern, found in patterns.items() if not found)
    why = f"{len(empty)} of {len(patterns)} match no file: {', '.join(empty)}" if empty else None
    unmatched = Metric(bot.name, "config_unmatched", float(len(empty)), len(patterns), why)
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
        why = f"no baseline speaks for {at} or before: `deskgate baseline freeze --by --why` speaks from now on, or from --as-of"
        return [Metric(PORTFOLIO, spec.name, None, 0, why) for spec in METRICS if spec.scope is THE_PORTFOLIO]
    moved = drift(frozen.digests, case.digests)
    who = f"frozen by {frozen.by} as of {frozen.effective_at:%Y-%m-%d %H:%M} UTC: {frozen.why}"
    late = (frozen.recorded_at - frozen.effective_at).total_seconds() / 3600
    return [
        Metric(PORTFOLIO, "config_drift", float(len(moved.files)), len(frozen.digests), "; ".join(moved.files) or who),
        Metric(
            PORTFOLIO,
            "entered_late_h",
            max(late, 0.0),
            1,
            f"{who}; entered {frozen.recorded_at:%Y-%m-%d %H:%M} UTC",
        ),
    ]
