"""The desk's last decision, and whether it still holds.

A GO lapses when it expires, when what it rests on changed, waivers and accepted breaks included, when newer evidence blocks, while an incident is open, and where
anything that was recorded is not as it was written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.decision_file import DECISION
from deskgate.audit.open_runs import open_runs
from deskgate.audit.sign_offs import unsigned_roles
from deskgate.audit.verify import verify_trail
from deskgate.checks.baseline import drift
from deskgate.config.desk import Desk
from deskgate.config.digests import digest_configuration
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant
from deskgate.config.paths import code_digest, suites_folder
from deskgate.reports.pages.banner import instant, read_decision
from deskgate.reports.pages.later import Later
from deskgate.reports.withdrawn import withdrawn
from deskgate.run.incidents import known_incidents
from deskgate.store.desk_store import open_to_read
from deskgate.store.ingest import Ingestor
from deskgate.store.sums import damaged_files
from deskgate.store.tables import Store

__all__ = [
    "DeskStatus",
    "decided_days",
    "desk_status",
    "expired",
    "expires_at",
    "last_whole_day",
    "later_blocks",
    "read_or_none",
    "what_blocks",
]

_DAYS = "????-??-??"


@dataclass(frozen=True)
class DeskStatus:
    """The last decision of a desk (None: there is none), and why it does not hold any more; nothing where it does.

    `word` is what it stands as: one that awaited sign-offs alone is a GO once it has them; `unsigned` are the roles that it awaits.
    `incidents` are the open ones; None where nobody can tell.
    """

    decision: Mapping[str, Any] | None
    word: str | None
    lapsed: tuple[str, ...]
    incidents: tuple[str, ...] | None = None
    unsigned: tuple[str, ...] = ()

    @property
    def is_go(self) -> bool:
        """Whether it is a GO that holds."""
        return self.word == "GO" and not self.lapsed


def desk_status(desk: Desk, out: Path, now: datetime, *, suites: Path | None = None) -> DeskStatus:
    """Return how the desk stands at an instant; nothing is written.

    The last decision is that of the last day that was over when it was decided. A later look, which is provisional, and a later
    run count where they block.

    Raises
    ------
    InputError
        The desk's files, its suites or its store cannot be read.
    """
    found, begun = decided_days(out), open_runs(out)
    folder = last_whole_day(found)
    if folder is None:
        return DeskStatus(None, None, ("no decision is there; run `deskgate daily`", *map(str, begun.values())))
    decision = found[folder] or {}
    store, later = open_to_read(desk, out), Later.read(out)
    word, unsigned = later.stands_as(decision), tuple(unsigned_roles(later.recorded.records, decision))
    lapsed = [str(run) for day, run in begun.items() if day >= folder.name]
    if damaged := damaged_files(store.location):
        # What it says of anything else cannot be relied on.
        return DeskStatus(decision, word, (*lapsed, *(f"the store is damaged, {each}" for each in damaged)))
    lapsed += _tampered(desk, out, store, folder, later)
    if expires_at(decision) <= now:
        lapsed.append(expired(decision))
    lapsed += later_blocks(found, folder)
    kept = store.read(store.pin(), now, ("waivers", "break_actions"))
    lapsed += withdrawn(decision, kept["waivers"], kept["break_actions"], now=now)
    incidents = tuple(str(each) for each in known_incidents(store, now) if each.is_open)
    lapsed += incidents
    try:
        artifacts = DayArtifacts.open(folder)
    except InputError as error:
        lapsed.append(f"nobody can tell what the decision rests on: {error}")
    else:
        lapsed += _changed(desk, out, artifacts, now, suites)
    return DeskStatus(decision, word, tuple(dict.fromkeys(lapsed)), incidents, unsigned)


def decided_days(out: Path) -> dict[Path, dict[str, Any] | None]:
    """Return the decision of each published day by its folder, the oldest first; None for one that cannot be read."""
    return {file.parent: read_or_none(file) for file in sorted(out.glob(f"{_DAYS}/{DECISION}"))}


def last_whole_day(found: Mapping[Path, Mapping[str, Any] | None]) -> Path | None:
    """Return the folder of the last day that was over when it was decided; None where there is none."""
    whole = [folder for folder, decision in found.items() if decision and decision.get("provisional") is not True]
    return whole[-1] if whole else None


def later_blocks(found: Mapping[Path, Mapping[str, Any] | None], folder: Path) -> list[str]:
    """Return what blocks on the days after the one in `folder`, a sentence each."""
    later = {place: what_blocks(decision) for place, decision in found.items() if place.name > folder.name}
    return [f"the later day {place.name} has {what}" for place, what in later.items() if what]


def expires_at(decision: Mapping[str, Any]) -> datetime:
    """Return when a decision expires.

    Raises
    ------
    InputError
        It does not say it as an instant.
    """
    return parse_instant(str(decision.get("expires_at")))


def expired(decision: Mapping[str, Any]) -> str:
    """Return the reason of a decision that lapsed because it expired."""
    return f"it expired at {instant(decision.get('expires_at'))}"


def _tampered(desk: Desk, out: Path, store: Store, folder: Path, later: Later) -> Iterator[str]:
    """Return what of the day, of the audit trail, of the other days or of the store's operations tables is not as it was written.

    A row that a killed write may have left out counts too: it may be an incident.
    """
    if folder.name not in later.recorded.decisions:
        yield f"{folder.name} has no decision in the audit trail; run the day again"
    found = verify_trail(desk, out, store)
    yield from (finding.says for finding in (*later.verify(folder), *found.findings, *found.left_out))


def read_or_none(file: Path) -> dict[str, Any] | None:
    """Return the decision in a file; None where it cannot be read."""
    try:
        return read_decision(file)
    except InputError:
        return None


def what_blocks(decision: Mapping[str, Any] | None) -> str | None:
    """Return what of a later decision blocks; None where nothing does."""
    if decision is None:
        return "a decision that cannot be read"
    if decision["blockers"]:
        return f"{len(decision['blockers'])} blockers ({decision['decision']})"
    return f"{len(decision['failures'])} steps that failed" if decision.get("failures") else None


def _changed(desk: Desk, out: Path, artifacts: DayArtifacts, now: datetime, suites: Path | None) -> Iterator[str]:
    """Return what a decision rests on and that is another one now."""
    inputs = artifacts.inputs
    if inputs.desk != desk.name:
        yield f"it is of the desk '{inputs.desk}', not of '{desk.name}'"
        return
    yield from drift(inputs.config, digest_configuration(desk, suites_folder(desk, suites))).files
    if inputs.code != code_digest():
        yield "Deskgate itself is another one than it was run with"
    for path, rows in _records_since(desk, out, inputs.as_of, now).items():
        yield f"{path} has {rows:,} records from before {inputs.as_of:%Y-%m-%d %H:%M} UTC that are new or other ones"


def _records_since(desk: Desk, out: Path, as_of: datetime, now: datetime) -> dict[str, int]:
    """Return how many records of before `as_of` the desk's files have that its store lacks, by file; nothing is written."""
    found: dict[str, int] = {}

    def count(frames: Mapping[str, pl.DataFrame]) -> None:
        for name, frame in frames.items():
            if name not in ("sources", "ledger"):
                # What nothing dates may be of before.
                seen = pl.col("since" if name == "quarantine" else "visible_at").fill_null(as_of)
                for path, rows in frame.filter(seen <= as_of).group_by("path").len().iter_rows():
                    found[path] = found.get(path, 0) + rows

    Ingestor(open_to_read(desk, out), desk, lambda: now).preview(on_rows=count)
    return dict(sorted(found.items()))
