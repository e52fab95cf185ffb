"""The incident of a STOP: opened by the run, and alerted to each channel until it has taken the alert."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.audit.trail import Trail
from deskgate.checks.incidents import NO_OWNER
from deskgate.config.instants import ALWAYS, Clock
from deskgate.controls.alert_text import alert_body
from deskgate.controls.alerts import Channel, Delivery
from deskgate.gates.evaluation import Verdict
from deskgate.reports.blocking_cause import order_of
from deskgate.reports.blocking_causes import blocking_causes
from deskgate.run.incidents import incident_id_of, known_incidents, opening_content, write_step
from deskgate.run.probes import record_deliveries
from deskgate.store.tables import Store

__all__ = ["BY_STOP", "alert_stops"]

# Gate, check and subject.
_Condition = tuple[str, str, str]
# Who opens an incident for a STOP.
BY_STOP = "deskgate daily"


def alert_stops(
    store: Store, trail: Trail, channels: Sequence[Channel], assessment: Assessment, now: Clock
) -> Delivery | None:
    """Open an incident for the stop conditions of a day that no incident holds, and alert each channel of it.

    Conditions that the same day opened one for before are left out also where it is closed, up to the instant for which it was
    shown to be over: a day that is run again for an older instant says nothing new. A channel that has not taken the alert of an
    open incident is sent it again.

    Returns
    -------
    Delivery or None
        How it was delivered; None where there is nothing to send, or no channel.
    """
    case, took = assessment.case, list[tuple[Channel, bool]]()
    known = known_incidents(store)
    stops = [each for each in known if each.is_open and each.conditions]
    notified = _notified(store) if stops else {}
    for each in stops:
        left = [channel for channel in channels if channel.key not in notified.get(each.id, ())]
        lines = [f"{subject}: {gate}/{check}" for gate, check, subject in each.conditions]
        sent = _send(trail, left, f"{case.desk.name} {each.title}", lines, each.todo, each.id)
        _record_sent(store, trail, sent, each.id, case.as_of, now())
        took += sent
    new = {(each.gate, each.check, each.subject): each for each in assessment.verdicts if each.stops}
    day = case.day.isoformat()
    for each in known:
        is_known = each.is_open or (each.day == day and each.over_at is not None and case.as_of < each.over_at)
        if is_known:
            new = {condition: verdict for condition, verdict in new.items() if condition not in each.conditions}
    if new:
        new = _worst_first(assessment, new)
        first, more = next(iter(new.values())), f" and {len(new) - 1} more" if len(new) > 1 else ""
        title, at = f"STOP on {day}: {first.subject}: {first.title}{more}", now()
        content = opening_content(NO_OWNER, first.what_to_do, day, new)
        incident_id = incident_id_of(title, BY_STOP, content, case.as_of, at)
        lines = [f"{each.subject}: {each.title}: {each.reason}" for each in new.values()]
        # Alerted before it is recorded: a run killed in between alerts again, and never keeps a STOP to itself.
        sent = _send(trail, channels, f"{case.desk.name} {title}", lines, first.what_to_do, incident_id)
        write_step(store, trail, incident_id, "open", BY_STOP, title, content, effective_at=case.as_of, recorded_at=at)
        _record_sent(store, trail, sent, incident_id, case.as_of, now())
        took += sent
    return Delivery.of(_each_once(took)) if took else None


def _worst_first(assessment: Assessment, stops: Mapping[_Condition, Verdict]) -> dict[_Condition, Verdict]:
    """Return stop conditions in the order of their causes, as on the pages.

    A defect there keeps no alert back; it is not lost, as the run's own view of the causes raises it again.
    """
    try:
        order = order_of(blocking_causes(assessment))
    except Exception:  # noqa: BLE001 - whatever it is, the alert is sent
        order = []
    place = {condition: number for number, condition in enumerate(order)}
    return {each: stops[each] for each in sorted(stops, key=lambda one: place.get(one, len(place)))}


def _each_once(took: Sequence[tuple[Channel, bool]]) -> list[tuple[Channel, bool]]:
    """Return each channel once, with whether it took all that was sent to it."""
    found: dict[str, tuple[Channel, bool]] = {}
    for channel, ok in took:
        found[channel.key] = (channel, ok and found.get(channel.key, (channel, True))[1])
    return list(found.values())


def _send(
    trail: Trail, channels: Sequence[Channel], title: str, lines: Sequence[str], todo: str, incident_id: str
) -> list[tuple[Channel, bool]]:
    what_to_do = [f"What to do: {todo}"] if todo else []
    stand_down = f"Stand down. Incident {incident_id} blocks until it is closed with evidence."
    body = alert_body(lines, [stand_down, *what_to_do])
    checkpoint = trail.checkpoint_if_readable() if channels else None
    return [(channel, channel.notify(title, body, checkpoint)) for channel in channels]


def _record_sent(
    store: Store, trail: Trail, sent: Sequence[tuple[Channel, bool]], incident_id: str, as_of: datetime, at: datetime
) -> None:
    delivery, what = Delivery.of(sent), "the alert of a STOP"
    record_deliveries(store, trail, delivery, what, incident_id=incident_id, effective_at=as_of, recorded_at=at)


def _notified(store: Store) -> Mapping[str, set[str]]:
    """Return the keys of the channels that took the alert of an incident, by the incident's id."""
    taken = store.lazy("probes", store.pin(), ALWAYS).filter(pl.col("kind") == "delivery", "ok")
    found = defaultdict[str, set[str]](set)
    for channel, content in taken.select("subject", "content").collect().iter_rows():
        if incident_id := json.loads(content).get("incident"):
            found[incident_id].add(channel)
    return found
