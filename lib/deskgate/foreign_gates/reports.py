"""The JSON reports of another control plane's gates: read tolerantly, known by their keys and not by their names."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant

__all__ = ["ForeignDesk", "Report", "is_bot_name", "pick", "read_reports", "recognise"]

# The keys by which a report is known, the first kind that has all of its own.
KINDS: Mapping[str, frozenset[str]] = {
    "promotion_gates": frozenset({"checks", "critical_failures", "status"}),
    "strict_cycle": frozenset({"strict_gate_status"}),
    "final_decision": frozenset({"status", "blockers", "summary", "evidence"}),
    "soak": frozenset({"status", "freshness", "blockers"}),
    "day2": frozenset({"go", "gate", "checks"}),
    "parity": frozenset({"status", "checked_bots", "bots"}),
    "reconciliation": frozenset({"status", "checked_bots", "findings"}),
    "portfolio_risk": frozenset({"status", "portfolio_action", "metrics"}),
    "accounting": frozenset({"status", "snapshot_count", "checks"}),
    "probes": frozenset({"status", "probes"}),
    "replay_regression": frozenset({"status", "signature_baseline"}),
    "coordination": frozenset({"status", "decisions_seen"}),
    "exchange_snapshot": frozenset({"bots", "account_probe"}),
    "source_compare": frozenset({"produced_since_baseline_by_stream"}),
    "baseline_counts": frozenset({"source_by_stream", "stored_by_stream"}),
    "integrity": frozenset({"total_events", "missing_correlation_count"}),
    "alert_mark": frozenset({"ts_utc", "critical_count"}),
}
_STAMPS = ("ts_utc", "last_update_utc", "created_at_utc")
# Where the folders of the bots lie, and what their minutes are called.
_BOTS, _MINUTES = "data", "minute.csv"


@dataclass(frozen=True)
class Report:
    """One report: its path inside the desk, what kind it is, when it was written (None: it does not say), and its content."""

    path: str
    kind: str
    at: datetime | None
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ForeignDesk:
    """A desk's reports; `unreadable` is path -> why, `others` are JSON files of no known kind.

    `written` is when each JSON file was written, by its path, where it says so.
    """

    root: Path
    reports: Sequence[Report]
    unreadable: Mapping[str, str]
    others: Sequence[str]
    written: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def newest(self) -> Report | None:
        """The report that was written last."""
        dated = [(each.at, each.path, each) for each in self.reports if each.at]
        return max(dated, key=lambda each: each[:2])[2] if dated else None

    def of_kind(self, kind: str) -> Iterator[Report]:
        """Yield the reports of one kind."""
        return (each for each in self.reports if each.kind == kind)

    def find(self, named: object) -> str | None:
        """Return the path inside the desk of a file that a report names by its path on another machine; None where it is not here."""
        if not isinstance(named, str):
            return None
        parts = PurePosixPath(named.replace("\\", "/")).parts
        for first in range(len(parts) - 1):
            if ".." not in parts[first:] and parts[first] != "/" and self._holds(self.root.joinpath(*parts[first:])):
                return "/".join(parts[first:])
        return None

    def _holds(self, path: Path) -> bool:
        """Return whether a file or folder is there and, with links followed, in the desk's folder."""
        try:
            return path.resolve(strict=True).is_relative_to(self.root.resolve())
        except (OSError, ValueError, RuntimeError):
            return False

    def named(self, path: object) -> Report | None:
        """Return the report that another one names."""
        found = self.find(path)
        return next((each for each in self.reports if each.path == found), None) if found else None

    def last_minute(self, bot: str, until: datetime) -> tuple[str, datetime] | None:
        """Return the file and the time of a bot's newest row of minutes up to an instant; None where it has none.

        The name is looked for among the folders that are there: no path is made of what another program wrote.
        """
        folders = [folder for folder in self.root.glob(f"{_BOTS}/*") if folder.name == bot]
        rows = [
            (file.relative_to(self.root).as_posix(), at)
            for folder in folders
            for file in sorted(folder.rglob(_MINUTES))
            if self._holds(file)
            for at in _times(file)
            if at <= until
        ]
        return max(rows, key=lambda row: row[1], default=None)


def read_reports(root: Path) -> ForeignDesk:
    """Return the reports in a desk's folder `reports`, or in the folder itself where it has none.

    Raises
    ------
    InputError
        There is no such folder.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no folder there, expected one with the JSON reports of a control plane; correct it")
    reports, unreadable, others, written = [], {}, [], {}
    place = root / "reports" if (root / "reports").is_dir() else root
    for file in sorted(place.rglob("*.json")):
        path = file.relative_to(root).as_posix()
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            unreadable[path] = f"not readable as JSON, {str(error).splitlines()[0]}"
            continue
        kind, at = recognise(content), _written_at(content)
        if at:
            written[path] = at
        if kind is None:
            others.append(path)
        else:
            reports.append(Report(path, kind, at, content))
    return ForeignDesk(root, reports, unreadable, others, written)


def is_bot_name(name: str) -> bool:
    """Return whether a bot may be called so: the name is that of one folder, and of no place outside of it."""
    return name not in ("", ".", "..") and not set(name) & set("/\\\0")


def recognise(content: object) -> str | None:
    """Return the kind of a report by its keys; None where it is none."""
    if not isinstance(content, dict):
        return None
    return next((kind for kind, keys in KINDS.items() if keys <= content.keys()), None)


def pick(content: object, *keys: str) -> Any:  # noqa: ANN401 - whatever another program wrote
    """Return what stands under some keys, one in the other; None where something else stands there."""
    for key in keys:
        if not isinstance(content, Mapping):
            return None
        content = content.get(key)
    return content


def _written_at(content: object) -> datetime | None:
    return next((at for name in _STAMPS if (at := _instant(pick(content, name)))), None)


def _instant(text: object) -> datetime | None:
    try:
        return parse_instant(text) if isinstance(text, str) else None
    except InputError:
        return None


def _times(file: Path) -> Iterator[datetime]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if at := _instant(row.get("ts")):
                    yield at
    except (OSError, ValueError, csv.Error):
        return
