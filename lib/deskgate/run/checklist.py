"""The checklist of a published day: the items of the list, judged by the day's own verdicts, decision and trail."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from deskgate.assessment.evidence import open_verified, refuse_other_desk
from deskgate.assessment.replay import suites_of
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.decision_ids import identity
from deskgate.audit.recorded import Recorded
from deskgate.audit.sign_offs import stands_as
from deskgate.audit.verify import verify_trail
from deskgate.checks.incidents import NO_OWNER
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.config.plural import count_of
from deskgate.gates.checklist import Item, ItemResult, entry_of, judge_items, load_items
from deskgate.gates.evaluation import Status
from deskgate.gates.promotion import PROMOTION, Step
from deskgate.reports.pages.banner import decision_rests_on
from deskgate.run.checklist_marks import read_marks
from deskgate.run.incidents import known_incidents
from deskgate.run.published_gates import published_gates
from deskgate.run.status import DeskStatus, desk_status
from deskgate.store.desk_store import open_to_read
from deskgate.store.tables import Store

__all__ = ["checklist_of"]

_TRAIL = ("audit/chain.jsonl",)


def checklist_of(
    desk: Desk, folder: Path, file: Path, now: datetime | None, *, suites: Path | None = None
) -> list[ItemResult]:
    """Judge the checklist of a published day, by the audit trail and the store that lie beside it.

    Parameters
    ----------
    file
        The list, in TOML.
    now
        When it is read: what `desk_status` says by then counts too. None: at the instant that the day's decision speaks for.
    suites
        The suites that the desk is run with, where they are not its own.

    Raises
    ------
    InputError
        The day is not as its run left it, is another desk's, or the list is wrong.
    """
    folder = folder.resolve()
    artifacts = open_verified(folder)
    refuse_other_desk(artifacts, desk)
    decision = load_decision(folder / DECISION)
    items = load_items(file, suites_of(artifacts), [gate.name for gate in PROMOTION])
    verdicts = artifacts.verdicts()
    place = (f"{folder.name}/{DECISION}",)
    status = desk_status(desk, folder.parent, now, suites=suites) if now else None
    store, recorded = open_to_read(desk, folder.parent), Recorded.read(folder.parent)
    audit = _trail(desk, folder.parent, store)
    blocking = {entry_of(verdict) for verdict in verdicts if not verdict.status.is_settled}
    at = artifacts.inputs.as_of
    return judge_items(
        items,
        verdicts,
        published_gates(artifacts, decision),
        {
            "audit": audit,
            "decision": _record(recorded, decision, place),
            "incidents": _incidents(decision, status, place),
            "incident_owners": _owners(decision, store, audit, place),
            "go": _go(decision, stands_as(recorded.records, decision), status, place),
        },
        applies=lambda item: _applies(item, desk, decision, blocking),
        closed_at=at,
        now=now or at,
        # What stands in the store alone, no person may have written.
        marks=read_marks(store) if audit.status.is_settled else None,
        decided=(folder.name, str(decision.get("bundle_id"))),
    )


def _trail(desk: Desk, out: Path, store: Store) -> Step:
    found = verify_trail(desk, out, store)
    # What a killed write may have left out may be an incident.
    if wrong := [*found.findings, *found.left_out]:
        return Step(Status.FAIL, wrong[0].says, evidence=_TRAIL)
    if not found.size:
        return Step(Status.INSUFFICIENT, "the trail has no record", evidence=_TRAIL)
    return Step(Status.PASS, f"the trail is intact, {count_of(found.size, 'record')}", evidence=_TRAIL)


def _record(recorded: Recorded, decision: Mapping[str, Any], place: tuple[str, ...]) -> Step:
    if identity(decision) in [identity(record.body) for record in recorded.of_day(decision)]:
        return Step(Status.PASS, f"{decision['decision']} is on record", evidence=place)
    return Step(Status.FAIL, f"{decision['decision']} has no record in the audit trail", evidence=place)


def _incidents(decision: Mapping[str, Any], status: DeskStatus | None, place: tuple[str, ...]) -> Step:
    if status is None and "incidents" not in decision:
        says = "the decision, of an earlier version, does not say which incidents were open"
        return Step(Status.INSUFFICIENT, says, evidence=place)
    if status is None:
        held = [f"the incident {each['id']} was open" for each in decision["incidents"]]
        return _nothing(held, "no incident was open when it was decided", place)
    if status.incidents is None:
        return Step(Status.INSUFFICIENT, f"nobody can tell: {_first(status.lapsed)}", evidence=place)
    return _nothing(status.incidents, "no incident is open now", place)


def _owners(decision: Mapping[str, Any], store: Store, audit: Step, place: tuple[str, ...]) -> Step:
    """Return whether each incident that was open when it was decided has an owner by now."""
    if "incidents" not in decision or not audit.status.is_settled:
        return Step(Status.INSUFFICIENT, "nobody can tell whose the incidents are", evidence=place)
    then = {each["id"] for each in decision["incidents"]}
    if not then and str(decision["decision"]) == "STOP":
        return Step(Status.INSUFFICIENT, "it is a STOP, and the decision names no incident", evidence=place)
    known = {each.id: each for each in known_incidents(store)}
    ownerless = [
        f"the incident {each} has {known[each].owner if each in known else NO_OWNER}; `deskgate incident own` assigns it"
        for each in sorted(then)
        if each not in known or known[each].owner == NO_OWNER
    ]
    return _nothing(ownerless, f"each of {len(then)} open incidents has an owner", place)


def _go(decision: Mapping[str, Any], word: str, status: DeskStatus | None, place: tuple[str, ...]) -> Step:
    says = f"the decision is {word}"
    if word != "GO" or decision["provisional"]:
        return Step(Status.FAIL, f"{says}, provisional" if decision["provisional"] else says, evidence=place)
    if rests := decision_rests_on(decision):
        says += f"; {rests}"
    if status and not status.is_go:
        return Step(Status.FAIL, f"{says} and does not hold: {_first(status.lapsed)}", evidence=place)
    return Step(Status.PASS, says, evidence=place)


def _nothing(found: Iterable[str], says: str, place: tuple[str, ...]) -> Step:
    wrong = tuple(found)
    return Step(Status.FAIL, _first(wrong), evidence=place) if wrong else Step(Status.PASS, says, evidence=place)


def _first(found: tuple[str, ...]) -> str:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return (found[0] if found else "the last decision is another one") + more


def _applies(item: Item, desk: Desk, decision: Mapping[str, Any], blocking: Collection[str]) -> bool:
    """Return whether an item's `applies_if` was so on the day.

    The decision says which bots were live; of all else what was judged and blocks applies, whatever desk.toml says by now.
    """
    if item.applies_if == "live":
        return Mode.LIVE in decision["bots"].values()
    if item.applies_if == "stop":
        return str(decision["decision"]) == "STOP"
    return any(entry in blocking for entry in item.entries) or _has(desk, str(item.applies_if))


def _has(desk: Desk, what: str) -> bool:
    match what:
        case "alerts":
            return bool(desk.alerts.urls or desk.alerts.urls_env)
        case "monitoring":
            return desk.monitoring is not None
        case _:
            return any(bot.funded is not None for bot in desk.judged)
