"""Whole desks for tests: a desk with its store, and its days assessed once a process."""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import polars as pl
from filelock import FileLock

from deskgate.assessment.artifacts import DayArtifacts, write_artifacts
from deskgate.assessment.assessment import Assessment, assess, confirm_verdicts
from deskgate.audit.trail import Trail
from deskgate.checks.freshness import DATED
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.paths import SUITES as SUITE_FILES
from deskgate.run.freeze import freeze
from deskgate.run.probes import probe_operations
from deskgate.run.publish import decide_day, record_decision, write_decision
from deskgate.store.desk_store import ingest_desk, store_location
from deskgate.store.tables import Store

__all__ = ["NOW", "SAMPLES", "IngestedDesk", "JudgeInProcess", "ingest_once", "narrow", "publish_day"]

# The sample desks lie beside the repository and are not part of it.
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "data"
# After the last day of every desk here: the instant at which tests say that they ingest.
NOW = datetime(2026, 4, 1, tzinfo=UTC)


@dataclass(frozen=True)
class IngestedDesk:
    """A desk whose files are in its store under `out`. Tests read both; who writes takes a copy."""

    desk: Desk
    out: Path
    days: dict[date, Assessment] = field(default_factory=dict, repr=False)

    @property
    def store(self) -> Store:
        """The desk's store."""
        return Store.open(store_location(self.desk, self.out), self.desk.name)

    def assess(self, day: date) -> Assessment:
        """Return the assessment of a whole day; it is computed once a process."""
        if day not in self.days:
            end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
            self.days[day] = assess(self.desk, self.store, day=day, as_of=end)
        return self.days[day]


def narrow(whole: Path, folder: Path, bot: str) -> None:
    """Copy a demo desk to `folder` with one of its bots alone, which has no reference then."""
    scratch = folder.with_name(f"{folder.name}.part")
    shutil.copytree(whole, scratch, ignore=shutil.ignore_patterns("demo.json", f"bot[!{bot[-1]}]"))
    head, *bots = re.split(r"(?m)^(?=\[bots\.)", (whole / "desk.toml").read_text())
    (own,) = (text for text in bots if text.startswith(f"[bots.{bot}]"))
    (scratch / "desk.toml").write_text(head + re.sub(r"(?m)^shadow = .*\n", "", own))
    scratch.rename(folder)


def ingest_once(folder: Path, out: Path, *, frozen_at: datetime | None = None) -> IngestedDesk:
    """Ingest a desk into `out`, unless another worker has done it; `frozen_at`: with its configuration as baseline, and looked at."""
    desk = load_desk(folder)
    done = out.with_name(f"{out.name}.done")
    with FileLock(out.with_name(f"{out.name}.lock")):
        if not done.exists():
            if frozen_at:
                freeze(desk, out, by="ann", why="test", effective_at=frozen_at, recorded_at=frozen_at)
            store, account = ingest_desk(desk, out, lambda: NOW)
            if frozen_at:
                looked = partial(probe_operations, desk, out, SUITE_FILES, store, Trail.open(desk, out), [])
                looked(account=account, days=_days(store), as_of=frozen_at, now=lambda: NOW)
            done.touch()
    return IngestedDesk(desk, out)


def _days(store: Store) -> list[date]:
    """Return the days from the first record of a store to its last."""
    spans = store.spans(DATED).values()
    first, last = min(start for start, _ in spans).date(), max(end for _, end in spans).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def publish_day(
    assessment: Assessment,
    out: Path,
    views: Mapping[str, pl.DataFrame] = MappingProxyType({}),
    *,
    failures: Sequence[str] = (),
    provisional: bool = False,
) -> DayArtifacts:
    """Write an assessed day into `out` with its decision and its record, as a run does that makes no page.

    `failures` are names of steps that failed.
    """
    desk = assessment.case.desk
    folder = out / assessment.case.day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    artifacts, trail = write_artifacts(folder, assessment, views), Trail.open(desk, out)
    checkpoint = trail.checkpoint().as_json()
    failed = [{"notebook": step, "error": "failed"} for step in failures]
    given: dict[str, Any] = {"previous": None, "provisional": provisional, "checkpoint": checkpoint}
    decision = decide_day(desk, artifacts, failed, **given, accepted=assessment.accepted)
    record_decision(trail, write_decision(decision, folder), NOW)
    return artifacts


class JudgeInProcess:
    """The run's judge without a process of its own, which takes seconds to import Great Expectations."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing: no process was started."""

    def judge(self, folder: Path, desk: Path, suites: Path) -> None:
        """Confirm the verdicts in `folder`."""
        confirm_verdicts(folder, desk, suites=suites)
