"""A run says that it has begun, and says so until it has ended: an earlier GO of its day does not hold meanwhile.

A run that is killed or hangs cannot say so itself, so what says it lies there from its beginning: `<out>/.runs/<day>.json`.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from deskgate.config.instants import stamp

__all__ = ["OpenRun", "begin_run", "end_run", "note_failure", "open_runs"]

_FOLDER = ".runs"


@dataclass(frozen=True)
class OpenRun:
    """A run of `day` that began and has not ended with a decision; `problem` is why, where it could say so."""

    day: str
    began_at: datetime | None
    problem: str | None = None

    def __str__(self) -> str:
        """Return it as a sentence."""
        since = f"{self.began_at:%Y-%m-%d %H:%M:%S} UTC" if self.began_at else "an unknown time"
        why = f": {self.problem}" if self.problem else ", it is under way, was killed or hangs"
        return f"a run of {self.day} began at {since} and has not ended{why}"


def begin_run(out: Path, day: date, at: datetime) -> None:
    """Say that a run of a day has begun."""
    _write(out, OpenRun(day.isoformat(), at))


def note_failure(out: Path, day: date, problem: str) -> None:
    """Say why the run of a day that has begun ended without a decision."""
    began = open_runs(out).get(day.isoformat())
    _write(out, OpenRun(day.isoformat(), began.began_at if began else None, problem))


def end_run(out: Path, day: date) -> None:
    """Say that the run of a day has ended: its decision is published."""
    (out / _FOLDER / f"{day}.json").unlink(missing_ok=True)


def open_runs(out: Path) -> dict[str, OpenRun]:
    """Return the runs that have begun and not ended, by day; one whose file cannot be read has begun at an unknown time."""
    return {file.stem: _read(file) for file in sorted((out / _FOLDER).glob("*.json"))}


def _read(file: Path) -> OpenRun:
    with suppress(OSError, ValueError, TypeError, KeyError):
        content = json.loads(file.read_text(encoding="utf-8"))
        problem = content["problem"]
        began_at = datetime.fromisoformat(content["began_at"]) if content["began_at"] else None
        return OpenRun(file.stem, began_at.astimezone(UTC) if began_at else None, str(problem) if problem else None)
    return OpenRun(file.stem, None)


def _write(out: Path, run: OpenRun) -> None:
    content = {"began_at": stamp(run.began_at) if run.began_at else None, "problem": run.problem}
    file = out / _FOLDER / f"{run.day}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(file)
