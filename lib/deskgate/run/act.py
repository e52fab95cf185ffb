"""Acting on a desk: breaches of its last run, or of now, planned or armed, with everything on record.

One run at a time plans and sends, so that two at once send once. A dry run sends nothing and writes nothing.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deskgate.assessment.artifacts import PLAN
from deskgate.assessment.assessment import Assessment, case_now
from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import Clock, stamp
from deskgate.controls.act import act, planned
from deskgate.controls.alerts import Delivery, open_channels
from deskgate.controls.audited_log import AuditedLog
from deskgate.controls.breaches import Breach, breaches
from deskgate.controls.desk_looks import DeskLooks
from deskgate.controls.effects import await_receipts
from deskgate.controls.intents import Intent
from deskgate.controls.ledger import Sent, read_ledger
from deskgate.controls.looks import Looks
from deskgate.controls.overdue import alert_actions
from deskgate.controls.receipts import Receipt
from deskgate.controls.sinks import open_sinks
from deskgate.controls.sinks.sink import as_stated
from deskgate.run.day_folder import alerting_alone
from deskgate.store.tables import Store

__all__ = ["Outcome", "act_on", "alert_open", "as_json", "opened", "preview", "write_plan"]

LOCK = ".actions.lock"
LOCK_TIMEOUT_S = 300.0
ALERT_LOCK = ".action_alerts.lock"


@dataclass(frozen=True)
class Outcome:
    """What a run did, or would do: `planned` anew, `sent`, the receipts of all open actions, the alert, what is still open.

    `problems` are what went wrong after everything was sent, in words.
    """

    is_armed: bool
    breaches: tuple[Breach, ...]
    planned: tuple[Intent, ...]
    sent: tuple[Sent, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    alert: Delivery | None = None
    left_open: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is called for, nothing is open and nothing went wrong."""
        return not (self.breaches or self.left_open or self.problems)


@contextmanager
def opened(out: Path) -> Iterator[None]:
    """Hold the actions of `out` against a second run, waiting for the one that is at it.

    Raises
    ------
    InputError
        Another run is at it for minutes.
    """
    from filelock import FileLock, Timeout

    out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(out / LOCK, timeout=LOCK_TIMEOUT_S):
            yield
    except Timeout as error:
        raise InputError(
            f"{out}: another run has been acting for {LOCK_TIMEOUT_S:.0f} s; end it, then run this again"
        ) from error


def preview(desk: Desk, out: Path, found: Sequence[Breach], now: datetime, *, trail: Trail | None = None) -> Outcome:
    """Return what an armed run would send for breaches; nothing is written or sent. `trail`: as in `act_on`."""
    log = AuditedLog(trail or Trail.open(desk, out), None)
    intents = planned(desk, found, log, now)
    return Outcome(is_armed=False, breaches=tuple(found), planned=tuple(intents), left_open=_left_open(log))


def write_plan(assessment: Assessment, out: Path, folder: Path) -> None:
    """Write what an armed run would send for an assessed day into the day's folder: `PLAN`, as `as_json` has it."""
    case = assessment.case
    outcome = preview(case.desk, out, breaches(assessment), case.as_of)
    content = {"as_of": stamp(case.as_of), **as_json(outcome)}
    (folder / PLAN).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON has it."""
    return {
        "armed": outcome.is_armed,
        "breaches": [breach.body() for breach in outcome.breaches],
        "planned": [intent.body() for intent in outcome.planned],
        "sent": [
            {"bot": sent.bot, "sink": sent.sink, "outcome": str(sent.outcome), "detail": sent.detail}
            for sent in outcome.sent
        ],
        "receipts": [receipt.body() for receipt in outcome.receipts],
        "alert": asdict(outcome.alert) if outcome.alert else None,
        "open": list(outcome.left_open),
        "problems": list(outcome.problems),
    }


def act_on(
    desk: Desk,
    out: Path,
    store: Store,
    found: Sequence[Breach],
    *,
    by: str,
    now: Clock,
    sleep: Callable[[float], None],
    looks: Looks | None = None,
    within: timedelta | None = None,
    trail: Trail | None = None,
) -> Outcome:
    """Act on breaches: send, wait for the effects, and alert what did not arrive or was not seen in time.

    Parameters
    ----------
    by
        Who authorises it.
    sleep
        Waits for so many seconds, between two looks at a venue.
    looks
        Who looks at the accounts; None: the desk's keys and exports.
    within
        How long to wait for the effects; None: as desk.toml says.
    trail
        The audit trail, for who opened it before; None: it is opened.

    Raises
    ------
    InputError
        Nobody is named, a secret of a sink or a channel is wrong, or another run is acting; nothing was sent. A key
        that is wrong keeps no bot from being told: the look says what it lacks.
    """
    if not by.strip():
        raise InputError("--by is empty, expected who authorises the actions; give a name")
    open_channels(desk)
    trail = trail or Trail.open(desk, out)
    log, chosen = AuditedLog(trail, store), looks or DeskLooks(desk, lambda: case_now(desk, store, now()), now)
    settings = desk.actions
    try:
        with open_sinks(desk, out) as sinks, opened(out):
            done = act(desk, found, log, sinks, chosen, now=now, by=by.strip())
    except BaseException:
        # Whatever ended it, bots may have been told already.
        with suppress(Exception):
            alert_open(desk, out, log, trail, now)
        raise
    receipts: list[Receipt] = []
    alert: Delivery | None = None
    left: tuple[str, ...] = ()
    problems: list[str] = []
    with _noted(problems, "the effects were not awaited"):
        receipts = await_receipts(
            log,
            chosen,
            now=now,
            sleep=sleep,
            apart=timedelta(seconds=settings.reads_apart_s),
            recent=timedelta(seconds=settings.receipt_within_s),
            within=timedelta(seconds=settings.receipt_within_s) if within is None else within,
        )
    with _noted(problems, "not every alert was sent"):
        alert = alert_open(desk, out, log, trail, now)
    with _noted(problems, "what is open cannot be read"):
        left = _left_open(log)
    return Outcome(True, tuple(found), done.planned, done.sent, tuple(receipts), alert, left, tuple(problems))


def alert_open(desk: Desk, out: Path, log: AuditedLog, trail: Trail, now: Clock) -> Delivery | None:
    """Alert what somebody has to hear of actions, see `alert_actions`; of two runs at once one alone does it.

    It has a lock of its own: a channel that is slow keeps no other run from telling a bot.
    """
    with alerting_alone(out, ALERT_LOCK):
        return alert_actions(desk, log, open_channels(desk), trail.checkpoint_if_readable, now=now)


@contextmanager
def _noted(problems: list[str], what: str) -> Iterator[None]:
    """Note an error instead of raising it: something has been sent, and who runs it is to see what. Ctrl-C ends the waiting."""
    try:
        yield
    except KeyboardInterrupt:
        problems.append(f"{what}: interrupted")
    except Exception as error:  # noqa: BLE001 - whatever it is, what was sent has to be shown and alerted
        problems.append(f"{what}: {as_stated(error)}")


def _left_open(log: AuditedLog) -> tuple[str, ...]:
    return tuple(
        f"{action.intent.event_id}: {action.intent.action} of {bot} for {action.intent.entry}, {stamp(action.intent.issued_at)}"
        for action in read_ledger(log).open_actions
        for bot in action.open_bots
    )
