"""The frozen baseline: is there one, who froze it, and has the configuration changed since?

Nothing freezes itself. A desk whose baseline was never frozen has none, and no verdict about drift from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from deskgate.case.baselines import in_force
from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec

__all__ = ["METRICS", "Drift", "check", "drift"]

METRICS = (
    MetricSpec("config_drift", "files", THE_PORTFOLIO, "Configuration files that differ from the frozen baseline."),
    MetricSpec("entered_late_h", "h", THE_PORTFOLIO, "How long after its own instant the baseline was entered."),
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
        freeze was entered after the instant it speaks for.
    """
    frozen = in_force(case.frames["baselines"])
    if frozen is None:
        at = f"{case.as_of:%Y-%m-%d %H:%M} UTC"
        why = f"no baseline speaks for {at} or before: `deskgate baseline freeze --by --why` speaks from now on, or from --as-of"
        return Findings([Metric(PORTFOLIO, spec.name, None, 0, why) for spec in METRICS])
    moved = drift(frozen.digests, case.digests)
    who = f"frozen by {frozen.by} as of {frozen.effective_at:%Y-%m-%d %H:%M} UTC: {frozen.why}"
    late = (frozen.recorded_at - frozen.effective_at).total_seconds() / 3600
    return Findings(
        [
            Metric(
                PORTFOLIO, "config_drift", float(len(moved.files)), len(frozen.digests), "; ".join(moved.files) or who
            ),
            Metric(
                PORTFOLIO,
                "entered_late_h",
                max(late, 0.0),
                1,
                f"{who}; entered {frozen.recorded_at:%Y-%m-%d %H:%M} UTC",
            ),
        ]
    )
