"""Incidents: opened by a STOP or an operator, noted, and closed with evidence. Rows are only ever added.

An incident that a STOP opened is closed by a later decision of this desk in which each of its stop conditions passes; any other
by a file that shows that it is over.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.assessment.assessment import Assessment
from deskgate.audit.trail import Trail
from deskgate.checks.incidents import Condition, Incident, incidents
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.instants import Clock, parse_instant
from deskgate.controls.alerts import Channel, Delivery
from deskgate.gates.evaluation import Status, Verdict
from deskgate.run.freeze import require_reason
from deskgate.run.probes import record_deliveries
from deskgate.schema import digest_rows
from deskgate.schema.operations import Incidents
from deskgate.store.tables import Store

__all__ = ["BY_STOP", "close_incident", "known_incidents", "note_incident", "open_for_stop", "open_incident"]

# Who opens an incident for a STOP.
BY_STOP = "deskgate daily"
OWNERLESS = "nobody yet"
_ALWAYS = datetime(9999, 12, 31, tzinfo=UTC)


def known_incidents(store: Store, as_of: datetime = _ALWAYS) -> list[Incident]:
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
    day: str | None = None,
    conditions: Iterable[Condition] = (),
    effective_at: datetime,
    recorded_at: datetime,
) -> str:
    """Open an incident and return its id.

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
    content = {
        "owner": owner.strip() or by.strip(),
        "todo": todo.strip(),
        "day": day,
        "conditions": [list(condition) for condition in conditions],
    }
    about = json.dumps([title, by, content, effective_at.isoformat(), recorded_at.isoformat()])
    incident_id = sha256(about.encode()).hexdigest()[:12]
    _write(store, trail, incident_id, "open", by, title, content, effective_at=effective_at, recorded_at=recorded_at)
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
    _write(store, trail, found.id, "note", by, why, {}, effective_at=effective_at, recorded_at=recorded_at)
    return found.id


def close_incident(
    store: Store,
    trail: Trail,
    given: str,
    *,
    by: str,
    why: str,
    evidence: Sequence[Path],
    effective_at: datetime,
    recorded_at: datetime,
) -> str:
    """Close an incident with evidence, whose digests are recorded, and return its whole id.

    Raises
    ------
    InputError
        No open incident has that id, nobody or no reason is named, or the evidence does not show that it is over.
    """
    require_reason(by, why)
    found = _open_one(store, given)
    if effective_at < found.opened_at:
        raise InputError(
            f"incident {found.id} is of {found.opened_at:%Y-%m-%d %H:%M} UTC, expected a close from then on; give a later --as-of"
        )
    if not evidence:
        raise InputError(f"incident {found.id} cannot be closed without evidence; give --evidence FILE")
    shown = [{"file": file.name, "sha256": sha256(_read(file)).hexdigest()} for file in evidence]
    if found.conditions:
        wrong = [_does_not_show(found, trail, file) for file in evidence]
        if all(wrong):
            raise InputError(
                f"incident {found.id} was opened by a STOP and is not shown to be over: {wrong[0]}; give as --evidence the"
                " decision.json of a later run in which it passes"
            )
    content = {"evidence": shown}
    _write(store, trail, found.id, "close", by, why, content, effective_at=effective_at, recorded_at=recorded_at)
    return found.id


def open_for_stop(
    store: Store, trail: Trail, channels: Sequence[Channel], assessment: Assessment, now: Clock
) -> str | None:
    """Open an incident for the stop conditions of a day that no open incident holds already, alert it, and return its id.

    Those that the same day opened one for before are left out even where it is closed: a day that is run again for its old
    instant says nothing new. None where nothing is left. What became of the alert is recorded.
    """
    case = assessment.case
    day = case.day.isoformat()
    stops = {(each.gate, each.check, each.subject): each for each in assessment.verdicts if each.stops}
    known = [each for each in known_incidents(store) if each.is_open or each.day == day]
    held = {condition for each in known for condition in each.conditions}
    left = {condition: verdict for condition, verdict in stops.items() if condition not in held}
    if not left:
        return None
    first = next(iter(left.values()))
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    title = f"STOP on {day}: {first.subject}: {first.title}{more}"
    made = open_incident(
        store,
        trail,
        title=title,
        by=BY_STOP,
        owner=OWNERLESS,
        todo=first.what_to_do,
        day=day,
        conditions=left,
        effective_at=case.as_of,
        recorded_at=now(),
    )
    lines = [f"{each.subject}: {each.title}: {each.reason}" for each in left.values()]
    body = "\n".join([*lines, f"Stand down. Incident {made} blocks until it is closed with evidence."])
    checkpoint = trail.checkpoint_if_readable()
    sent = Delivery.of((each, each.notify(f"{case.desk.name} {title}", body, checkpoint)) for each in channels)
    record_deliveries(store, trail, sent, "the alert of a STOP", effective_at=case.as_of, recorded_at=now())
    return made


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


def _does_not_show(incident: Incident, trail: Trail, file: Path) -> str | None:
    """Return why a file is no decision that shows that the stop conditions of an incident are over; None where it is one."""
    try:
        decision = json.loads(_read(file))
        folder, as_of = file.parent, parse_instant(str(decision["as_of"]))
        digests = {item["path"]: item["sha256"] for item in decision["evidence"]}
        bundle_id, bots = decision["bundle_id"], decision["bots"]
    except (ValueError, TypeError, KeyError, InputError):
        return f"{file.name} is no decision of a run"
    recorded = [record.body for record in trail.chain.records() if record.kind == "decision"]
    if bundle_id not in {body.get("bundle_id") for body in recorded}:
        return f"the audit trail has no record of {file.name}"
    if as_of < incident.opened_at:
        return f"{file.name} speaks for {as_of:%Y-%m-%d %H:%M} UTC, before the incident"
    artifacts = DayArtifacts.open(folder)
    verdicts_file = folder / artifacts.verdicts_file
    if sha256(_read(verdicts_file)).hexdigest() != digests.get(artifacts.verdicts_file):
        return f"{verdicts_file.name} is not the one that {file.name} rests on"
    return _still_holds(incident, {(v.gate, v.check, v.subject): v for v in artifacts.verdicts()}, bots, file.name)


def _still_holds(
    incident: Incident, verdicts: Mapping[Condition, Verdict], bots: Mapping[str, str], name: str
) -> str | None:
    for condition in incident.conditions:
        verdict = verdicts.get(condition)
        # A bot that is switched off is not judged any more.
        if verdict is None and bots.get(condition[2]) == "disabled":
            continue
        if verdict is None or verdict.status is not Status.PASS:
            says = verdict.reason if verdict else "it is not judged there"
            return f"in {name} {condition[2]} does not pass {condition[1]}: {says}"
    return None


def _read(file: Path) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file}: not readable, {error.strerror}, expected evidence; give a file that is there"
        ) from error
    if not data:
        raise InputError(f"{file}: is empty, expected evidence; give a file that shows something")
    return data


def _write(
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
    row = pl.DataFrame(
        [
            (
                "",
                incident_id,
                step,
                by.strip(),
                text.strip(),
                json.dumps(content, sort_keys=True),
                effective_at,
                recorded_at,
            )
        ],
        schema=Incidents.create_empty().schema,
        orient="row",
    )
    trail.write(store, "incidents", Incidents.validate(row.with_columns(digest_rows(row))), recorded_at)
