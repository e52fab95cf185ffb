"""The summaries of all days, kept so that a fresh day does not read the others again: `<out>/.index/<day>.json`.

A summary is kept while its day is untouched: the size and the clocks of each of its files, and what the audit trail says of the
day, are as they were when it was read. The newest days are held to their digests at every update, and of the others those that
were read longest ago, a few at a time: what hides from the clocks is found then. A summary that is missing, torn, of another version
or of a day that moved is made again, never trusted. Whoever calls this holds `out`.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.decision_ids import identity
from deskgate.audit.witnesses import witnesses_of
from deskgate.config.errors import InputError
from deskgate.reports.pages.day_names import known_days
from deskgate.reports.pages.day_summary import DaySummary, read_summary, standing_error
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.page_marks import Marks

__all__ = ["summarise", "witnessed"]

_FOLDER = ".index"
# Raise it when a summary gets another shape or meaning.
_FORMAT = 6
# Whose files are digested at every update: a decision expires a day later, so no other one can hold.
_NEWEST = 2
# How many of the other days are read again at every update.
_AGAIN = 2


def summarise(out: Path, later: Later) -> list[DaySummary]:
    """Return the summary of each day in `out`, newest first; a day on record without a folder has an error.

    A day is a folder named YYYY-MM-DD, one that the audit trail has a decision of, or one of which a run has begun.
    """
    out.mkdir(parents=True, exist_ok=True)
    names = known_days(out, (*later.runs, *later.recorded.decisions))[::-1]
    folders = {name for name in names if (out / name).is_dir()}
    kept = {name: _kept(out, name) for name in names if name in folders}
    again = set(
        sorted((name for name in names[_NEWEST:] if name in folders), key=lambda name: kept[name].written_ns)[:_AGAIN]
    )
    _remove_others(out, kept)
    return [
        _of_day(out, name, later, kept[name], is_newest=place < _NEWEST, again=name in again)
        if name in folders
        else read_summary(out / name, later)
        for place, name in enumerate(names)
    ]


def witnessed(out: Path) -> int:
    """Return the largest size of the audit trail that a decision in `out` knows of, reading only those that have changed."""
    found = [0]
    for file in out.glob(f"[!.]*/{DECISION}"):
        kept = _kept(out, file.parent.name)
        if kept.summary is not None and kept.decided == _clock(file):
            found.append(kept.summary.witnessed)
        else:
            with suppress(InputError):
                found += [each.checkpoint.size for each in witnesses_of(file.parent.name, load_decision(file))]
    return max(found)


def _of_day(out: Path, name: str, later: Later, kept: "_Kept", *, is_newest: bool, again: bool) -> DaySummary:
    known, now = kept.summary, _stamp(out / name, later)
    if known is None or kept.stamp != now or again or known.error:
        summary = read_summary(out / name, later)
        _keep(out, now, summary)
        return summary
    return read_summary(out / name, later) if is_newest and standing_error(out / name, later) else known


def _stamp(folder: Path, later: Later) -> str:
    """Return a digest of the clocks and sizes of a day's files, and of what the audit trail says of the day."""
    recorded = later.recorded
    first = recorded.records[0].at.isoformat() if recorded.records else None
    decisions = [str(identity(record.body)) for record in recorded.decisions.get(folder.name, [])]
    told = [_FORMAT, recorded.problem, first, decisions, sorted(_clocks(folder, ""))]
    return sha256(json.dumps(told).encode()).hexdigest()


def _clocks(folder: Path, within: str) -> Iterator[tuple[str, int, int, int]]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = f"{within}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _clocks(Path(entry.path), f"{name}/")
            else:
                yield name, *_told(entry.stat(follow_symlinks=False))


def _clock(file: Path) -> list[int]:
    try:
        return list(_told(file.lstat()))
    except OSError:
        return []


def _told(about: os.stat_result) -> tuple[int, int, int]:
    # The second clock is the system's: whoever sets the first one back moves it.
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns


class _Kept(NamedTuple):
    """A summary that was kept, the stamp of its day and the clock of its decision then, and when it was written."""

    stamp: str = ""
    decided: Sequence[int] = ()
    summary: DaySummary | None = None
    written_ns: int = 0


def _kept(out: Path, name: str) -> _Kept:
    """Return what was kept of a day; nothing of what is torn."""
    file = out / _FOLDER / f"{name}.json"
    with suppress(OSError, ValueError, TypeError, KeyError):
        content = json.loads(file.read_bytes())
        told = content["summary"]
        if content["sha256"] == _digest(content["stamp"], content["decided"], told):
            summary = DaySummary(**told | {"marked": Marks(*told["marked"]) if told["marked"] else None})
            return _Kept(content["stamp"], content["decided"], summary, file.stat().st_mtime_ns)
    return _Kept()


def _keep(out: Path, stamp: str, summary: DaySummary) -> None:
    told, decided = asdict(summary), _clock(out / summary.name / DECISION)
    file = out / _FOLDER / f"{summary.name}.json"
    partial = file.with_suffix(".partial")
    # Without it the day is read again the next time.
    with suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        content = {"stamp": stamp, "decided": decided, "summary": told, "sha256": _digest(stamp, decided, told)}
        partial.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(file)


def _digest(*content: object) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _remove_others(out: Path, days: Mapping[str, object]) -> None:
    for file in (out / _FOLDER).glob("*"):
        if file.stem not in days or file.suffix != ".json":
            file.unlink(missing_ok=True)
