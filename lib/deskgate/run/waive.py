"""Waivers on record: granted by two people, listed, and revoked. Rows are only ever added."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.instants import ALWAYS, stamp
from deskgate.config.people import folded, require_reason
from deskgate.gates.suites import Suite
from deskgate.gates.waiver_records import KnownWaiver, Waiver, known_waivers
from deskgate.gates.waivers import LONGEST, coverage
from deskgate.run.reach_back import refuse_to_reach_back
from deskgate.store.tables import Store

__all__ = ["Granted", "grant_waiver", "read_waivers", "revoke_waiver"]


@dataclass(frozen=True)
class Granted:
    """A waiver that was recorded, with the entries of its gate that judge its subject; see `gates.waivers.coverage`."""

    waiver: Waiver
    coverage: Mapping[str, str | None]

    @property
    def covers(self) -> list[str]:
        """The entries that it covers, as `suite#entry`."""
        return [name for name, why_not in self.coverage.items() if why_not is None]

    @property
    def leaves_out(self) -> dict[str, str]:
        """The other ones, with the reason of each."""
        return {name: why_not for name, why_not in self.coverage.items() if why_not is not None}


def read_waivers(store: Store, as_of: datetime = ALWAYS) -> list[KnownWaiver]:
    """Return the waivers on record, as they were at an instant."""
    return known_waivers(store.read(store.pin(), as_of, ("waivers",))["waivers"])


def grant_waiver(
    store: Store,
    trail: Trail,
    desk: Desk,
    suites: Mapping[str, Suite],
    *,
    gate: str,
    subject: str,
    until: datetime,
    reason: str,
    author: str,
    approver: str,
    effective_at: datetime,
    recorded_at: datetime,
) -> Granted:
    """Record a waiver, in the audit trail and then in the store, and return it.

    Parameters
    ----------
    gate
        A promotion gate, or a suite entry as `suite#entry`.
    until
        When it ends: after `recorded_at`, and at most `LONGEST` after `effective_at`.
    effective_at
        From when it counts.

    Raises
    ------
    InputError
        It names nobody, no reason, one person twice, an end that is past or too far, something that may not be waived, or a gate
        and subject that another waiver covers meanwhile; or a decision on record speaks for a later instant than `effective_at`.
    """
    covered = coverage(gate, subject, suites, desk)
    texts = {"author": _one_line(author), "approver": _one_line(approver), "reason": _one_line(reason)}
    for name, text in texts.items():
        if not text:
            raise InputError(f"--{name} is empty, expected who asks for it, who approves it, and why; give all three")
    if folded(texts["author"]) == folded(texts["approver"]):
        raise InputError(
            f"--author and --approver are both '{texts['author']}', expected two people: nobody approves a waiver of their own;"
            " let somebody else approve it"
        )
    _require_end(until, effective_at, recorded_at)
    with trail.chain.lock():
        # What a killed write left out of the store is there before anything is compared with it.
        trail.settle(store, recorded_at)
        refuse_to_reach_back(trail, effective_at, "a waiver", "grant it from now on")
        for known in read_waivers(store):
            if (known.waiver.gate, known.waiver.subject) == (gate, subject):
                _require_apart(known, effective_at, until)
        about = [gate, subject, *texts.values(), *(stamp(each) for each in (until, effective_at, recorded_at))]
        waiver_id = sha256(json.dumps(about).encode()).hexdigest()[:12]
        times = {"since": effective_at, "recorded_at": recorded_at, "until": until}
        waiver = Waiver.model_validate({"id": waiver_id, "gate": gate, "subject": subject, **times, **texts})
        _write(store, trail, "grant", waiver, effective_at, recorded_at)
    return Granted(waiver, covered)


def revoke_waiver(
    store: Store, trail: Trail, given: str, *, by: str, why: str, effective_at: datetime, recorded_at: datetime
) -> Waiver:
    """Record that a waiver no longer counts from `effective_at` on, and return it.

    Raises
    ------
    InputError
        No waiver that still counts has that id (or that beginning of an id), it begins later, or nobody or no reason is named.
    """
    require_reason(by, why)
    with trail.chain.lock():
        trail.settle(store, recorded_at)
        known = [each.waiver for each in read_waivers(store) if each.ends_at > recorded_at and not each.revoked_at]
        mine = [each for each in known if given and each.id.startswith(given)]
        if len(mine) != 1:
            ids = [each.id for each in known]
            raise InputError(
                f"waiver '{given}' is {'ambiguous' if mine else 'unknown'}, expected one of {len(ids)} that have not ended"
                f"{did_you_mean(given, ids)}; `deskgate waive --list` lists them"
            )
        if effective_at < mine[0].since:
            raise InputError(
                f"waiver {mine[0].id} counts from {stamp(mine[0].since)} on, expected a later --as-of; leave it out for now"
            )
        who = {"author": _one_line(by), "approver": _one_line(by), "reason": _one_line(why)}
        _write(store, trail, "revoke", mine[0].model_copy(update=who), effective_at, recorded_at)
    return mine[0]


def _require_end(until: datetime, effective_at: datetime, recorded_at: datetime) -> None:
    if until <= recorded_at:
        raise InputError(
            f"--until {stamp(until)} is past, expected an instant after {stamp(recorded_at)}; give a later one"
        )
    if until > effective_at + LONGEST:
        raise InputError(
            f"--until {stamp(until)} is too far, expected at most {LONGEST.days} days after {stamp(effective_at)}; what is needed for"
            " longer is another bound in the desk's suites"
        )


def _require_apart(known: KnownWaiver, since: datetime, until: datetime) -> None:
    other = known.waiver
    if not (other.since < until and since < known.ends_at):
        return
    if known.revoked_at:
        raise InputError(
            f"{other} {other.id} counted until it was revoked at {stamp(known.revoked_at)}, expected no other before; give no"
            " earlier --as-of"
        )
    raise InputError(
        f"{other} is on record already as {other.id}, from {stamp(other.since)} until {stamp(other.until)}, expected one at a time;"
        f" `deskgate waive revoke {other.id} --by YOU --why TEXT` ends it"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _write(
    store: Store, trail: Trail, step: str, waiver: Waiver, effective_at: datetime, recorded_at: datetime
) -> None:
    row: dict[str, Any] = {"waiver_id": waiver.id, "step": step}
    row |= {name: getattr(waiver, name) for name in ("gate", "subject", "reason", "author", "approver")}
    row |= {"until": waiver.until if step == "grant" else None}
    row |= {"effective_at": effective_at, "recorded_at": recorded_at}
    trail.write(store, "waivers", [row], recorded_at)
