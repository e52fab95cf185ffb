"""Incidents: opened by a STOP or an operator, assigned, noted, and closed with evidence. Rows are only ever added.

An incident that a STOP opened is closed by a later decision of this desk in which each of its stop conditions passes; any other
by a file that shows that it is over.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from deskgate.audit.recorded import Recorded
from deskgate.audit.trail import Trail
from deskgate.checks.incidents import Condition, Incident, incidents
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.instants import ALWAYS, stamp
from deskgate.config.people import require_reason
from deskgate.gates.suites import Suite
from deskgate.run.incident_evidence import does_not_show, read_evidence
from deskgate.store.tables import Store

__all__ = [
    "close_incident",
    "incident_id_of",
    "known_incidents",
    "note_incident",
    "open_incident",
    "opening_content",
    "own_incident",
    "write_step",
]


def known_incidents(store: Store, as_of: datetime = ALWAYS) -> list[Incident]:
    """Return the incidents on record, as they were at an instant."""
    return incidents(store.read(store.pin(), as_of, ("incidents",))["incidents"])


def open_incident(
    store: Store,
    trail: Trail,
    *,
    title: str,
    by: str,
    owner: str = "",
    todo: str = "",
    effective_at: datetime,
    recorded_at: datetime,
) -> str:
    """Open an operator's incident and return its id.

    Parameters
    ----------
    owner
        Whose it is; empty: of who opens it.
    todo
        What is to be done.

    Raises
    ------
    InputError
        Nobody or no reason is named.
    """
    require_reason(by, title)
    content = opening_content(owner.strip() or by.strip(), todo.strip())
    incident_id = incident_id_of(title, by, content, effective_at, recorded_at)
    write_step(
        store, trail, incident_id, "open", by, title, content, effective_at=effective_at, recorded_at=recorded_at
    )
    return incident_id


def note_incident(
    store: Store, trail: Trail, given: str, *, by: str, why: str, effective_at: datetime, recorded_at: datetime
) -> str:
    """Note something about an open incident, and return its whole id.

    Raises
    ------
    InputError
        No open incident has that id, or nobody or no text is named.
    """
    require_reason(by, why)
    found = _open_one(store, given)
    write_step(store, trail, found.id, "note", by, why, {}, effective_at=effective_at, recorded_at=recorded_at)
    return found.id


def own_incident(
    store: Store,
    trail: Trail,
    given: str,
    owner: str,
    *,
    by: str,
    why: str,
    todo: str = "",
    effective_at: datetime,
    recorded_at: datetime,
) -> str:
    """Assign an open incident to an owner, and return its whole id.

    Parameters
    ----------
    todo
        What is to be done; empty: what was to be done before.

    Raises
    ------
    InputError
        No open incident has that id, or nobody, no owner or no reason is named.
    """
    require_reason(by, why)
    if not owner.strip():
        raise InputError("--owner is empty, expected whose the incident is; give a name")
    found = _open_one(store, given)
    content = {"owner": owner.strip(), "todo": todo.strip() or found.todo}
    write_step(store, trail, found.id, "own", by, why, content, effective_at=effective_at, recorded_at=recorded_at)
    return found.id


def close_incident(
    store: Store,
    trail: Trail,
    given: str,
    *,
    suites: Mapping[str, Suite],
    by: str,
    why: str,
    evidence: Sequence[Path],
    effective_at: datetime,
    recorded_at: datetime,
) -> str:
    """Close an incident with evidence, whose digests are recorded, and return its whole id.

    Parameters
    ----------
    suites
        The suites in force, by name: what other ones judged does not show that a STOP is over.

    Raises
    ------
    InputError
        No open incident has that id, nobody or no reason is named, or the evidence does not show that it is over.
    """
    require_reason(by, why)
    found = _open_one(store, given)
    if effective_at < found.opened_at:
        raise InputError(
            f"incident {found.id} is of {stamp(found.opened_at)}, expected a close from then on; give a later --as-of"
        )
    if not evidence:
        raise InputError(f"incident {found.id} cannot be closed without evidence; give --evidence FILE")
    given_files = [read_evidence(file) for file in evidence]
    content: dict[str, Any] = {"evidence": [{"file": each.file.name, "sha256": each.sha256} for each in given_files]}
    if found.conditions:
        recorded = Recorded.read(trail.out)
        wrong = [does_not_show(found, trail.out, recorded, suites, effective_at, each) for each in given_files]
        showing = [each for each, lacks in zip(given_files, wrong, strict=True) if lacks is None]
        if not showing:
            raise InputError(
                f"incident {found.id} was opened by a STOP and is not shown to be over: {wrong[0]}; give as"
                " --evidence the decision.json of a later run in which it passes"
            )
        content["over_at"] = stamp(min(each.decided_as_of for each in showing))
    write_step(store, trail, found.id, "close", by, why, content, effective_at=effective_at, recorded_at=recorded_at)
    return found.id


def _open_one(store: Store, given: str) -> Incident:
    known = [each for each in known_incidents(store) if each.is_open]
    mine = [each for each in known if given and each.id.startswith(given)]
    if len(mine) != 1:
        ids = [each.id for each in known]
        raise InputError(
            f"incident '{given}' is {'ambiguous' if mine else 'unknown'}, expected one of {len(ids)} that are open"
            f"{did_you_mean(given, ids)}; `deskgate incident` lists them"
        )
    return mine[0]


def opening_content(
    owner: str, todo: str, day: str | None = None, conditions: Iterable[Condition] = ()
) -> dict[str, Any]:
    """Return what the row that opens an incident holds, beside its title."""
    return {"owner": owner, "todo": todo, "day": day, "conditions": [list(condition) for condition in conditions]}


def incident_id_of(
    title: str, by: str, content: Mapping[str, Any], effective_at: datetime, recorded_at: datetime
) -> str:
    """Return the id of an incident that is opened with this."""
    about = json.dumps([title, by, content, effective_at.isoformat(), recorded_at.isoformat()])
    return sha256(about.encode()).hexdigest()[:12]


def write_step(
    store: Store,
    trail: Trail,
    incident_id: str,
    step: str,
    by: str,
    text: str,
    content: Mapping[str, Any],
    *,
    effective_at: datetime,
    recorded_at: datetime,
) -> None:
    """Record one step of an incident, one of `INCIDENT_STEPS`."""
    row = {
        "incident_id": incident_id,
        "step": step,
        "by": by.strip(),
        "text": text.strip(),
        "content": json.dumps(content, sort_keys=True),
        "effective_at": effective_at,
        "recorded_at": recorded_at,
    }
    trail.write(store, "incidents", [row], recorded_at)
