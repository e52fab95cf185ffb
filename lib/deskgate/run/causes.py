"""The causes of alerts that last: what each one is, which channel took the alert of it, and since when it is over.

A cause is alerted once for as long as it lasts. One that ended and comes back is another occurrence, and is alerted again. What was
sent lies in the store's table `probes`, like every delivery.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

import polars as pl

from deskgate.audit.trail import Trail
from deskgate.audit.witnesses import decided_days
from deskgate.config.desk import Desk
from deskgate.config.instants import ALWAYS, Clock, stamp
from deskgate.controls.alert_text import alert_body
from deskgate.controls.alerts import Channel, Delivery
from deskgate.controls.sinks.sink import as_stated
from deskgate.run.probes import Seen, record_seen
from deskgate.store.desk_store import open_existing, open_store
from deskgate.store.tables import Store

__all__ = ["LOCK", "Cause", "Record", "alert_causes", "cause_of", "open_record"]

# Held in `out` by who reads what was sent and sends what was not.
LOCK = ".cause_alerts.lock"

# A channel that stays away is noted once in this time, however often it is tried.
_NOTED_EVERY = timedelta(hours=1)
_SHOWN = 500
# A count that grows is no new cause.
_COUNT = re.compile(r"\b\d[\d,]*(?= (?:records|rows|files|blockers|steps|more)\b)")


@dataclass(frozen=True)
class Cause:
    """Why somebody is to be alerted: `key` is the same for as long as it is the same, `what` in words, `says` a sentence."""

    key: str
    what: str
    says: str


def cause_of(place: str, what: str, says: str, *, about: str | None = None) -> Cause:
    """Return a cause whose key begins with `place` and ends with a digest of `about` (its sentence), but for the counts in it."""
    same = _COUNT.sub("#", says if about is None else about)
    short = says if len(says) <= _SHOWN else f"{says[:_SHOWN]}…"
    return Cause(f"{place}/{blake2b(same.encode(), digest_size=8).hexdigest()}", what, short)


@dataclass(frozen=True)
class _Known:
    """What is on record of causes: the id of each one that lasts, by its key, and the last delivery of each to each channel."""

    lasting: Mapping[str, str] = field(default_factory=dict)
    last: Mapping[tuple[str, str], tuple[bool, datetime]] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store) -> "_Known":
        """Return what a store has."""
        kinds = ["cause", "delivery"]
        rows = store.lazy("probes", store.pin(), ALWAYS).filter(pl.col("kind").is_in(kinds)).collect()
        lasting: dict[str, str] = {}
        last: dict[tuple[str, str], tuple[bool, datetime]] = {}
        for row in rows.sort("recorded_at", "row_id").to_dicts():
            content = json.loads(row["content"])
            if row["kind"] == "delivery" and content.get("cause"):
                last[content["cause"], row["subject"]] = row["ok"], row["recorded_at"]
            elif row["kind"] == "cause" and row["ok"]:
                lasting.pop(content["key"], None)
            elif row["kind"] == "cause":
                lasting[content["key"]] = row["subject"]
        return cls(lasting, last)

    def took(self, cause_id: str, channel: str) -> bool:
        """Return whether a channel took the alert of an occurrence."""
        return self.last.get((cause_id, channel), (False, None))[0]

    def noted(self, cause_id: str, channel: str, at: datetime) -> bool:
        """Return whether it is on record, and of late, that a channel did not take it."""
        last = self.last.get((cause_id, channel))
        return last is not None and not last[0] and at - last[1] < _NOTED_EVERY


@dataclass(frozen=True)
class Record:
    """Where causes and their deliveries are recorded, and what is on record of them."""

    store: Store
    trail: Trail
    known: _Known


def open_record(
    desk: Desk, out: Path, causes: Sequence[Cause], say: Callable[[str], None], *, begin: bool = False
) -> Record | None:
    """Return the record of a desk; None where there is none to be had, which `say` is told.

    A desk that has never run (neither an audit trail nor a decision is there) has none. With `begin` one is made where there are
    `causes` to record; where there are none nothing is said.
    """
    try:
        trail = Trail.open(desk, out)
        is_new = trail.chain.size == 0 and next(decided_days(out), None) is None
        if is_new and not causes:
            return None
        store = (open_store if is_new and begin else open_existing)(desk, out)
        return Record(store, trail, _Known.read(store))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the record, somebody has to be told
        say(f"what is sent is not recorded, so that it is sent again each time: {as_stated(error)}")
        return None


def alert_causes(
    desk_name: str,
    causes: Sequence[Cause],
    channels: Sequence[Channel],
    record: Record | None,
    *,
    is_over: Callable[[str], bool],
    now: Clock,
) -> Delivery | None:
    """Send each channel, in one message, the causes whose alert it has not taken, and record it; None where nothing is sent.

    Parameters
    ----------
    record
        Where it is recorded; None: nowhere, so that everything is sent, whether or not it was sent before.
    is_over
        Returns of the key of a cause on record that is not among `causes` whether it is over.

    Raises
    ------
    DeskgateError
        It cannot be recorded; it was sent all the same.
    """
    known, at = record.known if record else _Known(), now()
    ids = {each.key: known.lasting.get(each.key) or _id_of(each.key, at) for each in causes}
    took: list[tuple[Channel, bool]] = []
    seen: list[Seen] = []
    for channel in channels:
        fresh = [each for each in causes if not known.took(ids[each.key], channel.key)]
        if not fresh:
            continue
        checkpoint = record.trail.checkpoint_if_readable() if record else None
        ok = channel.notify(*_message(desk_name, fresh), checkpoint)
        took.append((channel, ok))
        seen += [
            ("delivery", channel.key, ok, {"what": f"the alert of {each.what}", "cause": ids[each.key]})
            for each in fresh
            if ok or not known.noted(ids[each.key], channel.key, at)
        ]
    if record:
        begun = [each for each in causes if each.key not in known.lasting]
        over = [key for key in known.lasting if key not in ids and is_over(key)]
        # A cause stands before its deliveries.
        about: list[Seen] = [("cause", ids[each.key], False, {"key": each.key, "says": each.says}) for each in begun]
        about += [("cause", known.lasting[key], True, {"key": key}) for key in over]
        record_seen(record.store, record.trail, [*about, *seen], effective_at=(done := now()), recorded_at=done)
    return Delivery.of(took) if took else None


def _message(desk_name: str, causes: Sequence[Cause]) -> tuple[str, str]:
    first, more = causes[0], len(causes) - 1
    title = f"{desk_name}: {first.what}{f' and {more} more' if more else ''}"
    what_to_do = "Look with `deskgate status`; docs/alerts.md says what each means."
    return title, alert_body([each.says for each in causes], [what_to_do])


def _id_of(key: str, at: datetime) -> str:
    return blake2b(f"{key} {stamp(at)}".encode(), digest_size=8).hexdigest()
