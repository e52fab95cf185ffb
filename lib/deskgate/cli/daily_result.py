"""What `deskgate daily --json` prints: one document, whichever way the run ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.config.errors import StepError, exit_code_of
from deskgate.run.stages import STAGES

if TYPE_CHECKING:
    from deskgate.reports.blocking_causes import BlockingCause
    from deskgate.run.daily import Outcome

__all__ = ["DailyResult"]

_DECIDED = ("decision", "provisional", "as_of", "expires_at", "bundle_id", "run_id", "counts", "failures")
_RESTS_ON = ("waivers", "accepted", "incidents", "ladder")
_BLOCKER = ("gate", "check", "subject", "severity", "status", "stop", "reason")


@dataclass(frozen=True)
class DailyResult:
    """A run of `day` for machines: `decision` is the content of decision.json, empty where the run ended without one.

    `seconds` are those of each stage that ended, `error` is the sentence of a run that failed.
    """

    desk: str | None
    day: date | None
    out: Path
    exit_code: int
    decision: Mapping[str, Any]
    seconds: Mapping[str, float]
    causes: "Sequence[BlockingCause]" = ()
    unreached: Sequence[str] = ()
    error: str | None = None

    @classmethod
    def of_outcome(cls, outcome: "Outcome", out: Path, exit_code: int) -> "DailyResult":
        """Return the result of a run that ended with a decision."""
        decision = outcome.decision
        unreached = tuple(dict.fromkeys(name for alert in outcome.alerts for name in alert.failed))
        day = date.fromisoformat(decision["date"])
        return cls(decision["desk"], day, out, exit_code, decision, outcome.seconds, outcome.causes, unreached)

    @classmethod
    def of_error(
        cls, error: Exception, desk: str | None, day: date | None, out: Path, took: Mapping[str, float]
    ) -> "DailyResult":
        """Return the result of a run that failed; only a step that failed leaves a decision, which is on disk."""
        from deskgate.audit.decision_file import DECISION
        from deskgate.run.status import read_or_none

        decided = read_or_none(out / str(day) / DECISION) if isinstance(error, StepError) else None
        ended = {stage: took[stage] for stage in STAGES if stage in took}
        says = str(error) or type(error).__name__
        return cls(desk, day, out, exit_code_of(error), decided or {}, ended, error=says)

    def as_json(self, metrics: Path | None) -> dict[str, Any]:
        """Return it as JSON has it; `metrics` is the file of metrics, where one was written.

        What decision.json would have is null where the run ended without a decision.
        """
        from deskgate.reports.pages.banner import decision_rests_on

        return {
            "desk": self.desk,
            "date": self.day.isoformat() if self.day else None,
            "exit_code": self.exit_code,
            "error": self.error,
            **{name: self.decision.get(name) for name in (*_DECIDED, *_RESTS_ON)},
            "rests_on": decision_rests_on(self.decision) if self.decision else None,
            "blockers": [{name: each.get(name) for name in _BLOCKER} for each in self.decision.get("blockers", ())],
            "causes": [_cause(each) for each in self.causes],
            "awaits": list(self.decision.get("awaits", {}).get("roles", ())),
            "alerts_failed": list(self.unreached),
            "seconds": {stage: round(took, 3) for stage, took in self.seconds.items()},
            "paths": self._paths(metrics),
        }

    def _paths(self, metrics: Path | None) -> dict[str, str | None]:
        folder = self.out / str(self.day)
        found = {
            "folder": folder if self.decision else None,
            "page": folder / "index.html" if self.decision else None,
            "decision": folder / "decision.json" if self.decision else None,
            "report": folder / "daily_report.md" if self.decision else None,
            "log": self.out / "logs" / "deskgate.log",
            "metrics": metrics,
        }
        return {name: str(file.resolve()) if file and file.exists() else None for name, file in found.items()}


def _cause(each: "BlockingCause") -> dict[str, Any]:
    """Return a cause as JSON has it; `value_quote` is what is at stake, null where no money is measured or, with `value_note`, unknown."""
    return {
        "kind": str(each.kind),
        "stop": each.stops,
        "blocks": each.counted,
        "because": each.cause,
        "what_to_do": each.remedy,
        "subjects": list(each.subjects),
        "value_quote": each.value_quote,
        "value_note": each.value_note or None,
        "since": each.since or None,
        "breaks": list(each.breaks),
    }
