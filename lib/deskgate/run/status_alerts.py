"""The alerts of `deskgate status --alert`: a GO that lapsed, a run that failed, did not end, or did not happen.

It is called by a cron job or a monitor, so it alerts what it can tell: also where a run holds `out`, where there is no store, and
where the store or the audit trail cannot be read or written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskgate.audit.open_runs import open_runs
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import Clock
from deskgate.controls.alerts import Delivery, openable_channels
from deskgate.run.causes import LOCK, Cause, alert_causes, open_record
from deskgate.run.day_folder import alerting_alone, is_held
from deskgate.run.status import DeskStatus, desk_status
from deskgate.run.status_causes import StatusLook

__all__ = ["AlertedStatus", "alert_status"]


@dataclass(frozen=True)
class AlertedStatus:
    """How the desk stands (`error`: why nobody can tell), what somebody has to hear of, and what was sent now."""

    status: DeskStatus | None
    error: Exception | None
    causes: tuple[Cause, ...]
    sent: Delivery | None

    def result(self) -> DeskStatus:
        """Return how the desk stands; raises what kept it from being looked at."""
        if self.status is None:
            raise self.error or AssertionError
        return self.status

    def as_json(self) -> dict[str, Any]:
        """Return what somebody has to hear of, and whom it was sent to now, as JSON has it."""
        sent = self.sent or Delivery((), ())
        return {"causes": [each.says for each in self.causes], "reached": sent.reached, "failed": sent.failed}


def alert_status(
    desk: Desk, out: Path, now: Clock, say: Callable[[str], None], *, suites: Path | None = None
) -> AlertedStatus:
    """Look how the desk stands, and alert each channel of what it has not been alerted of.

    Parameters
    ----------
    say
        Called with what keeps an alert from being told, sent or recorded.

    Raises
    ------
    InputError
        No channel is named, or none can be opened.
    """
    channels, problems = openable_channels(desk)
    if not channels:
        raise next(
            iter(problems),
            InputError(f"{desk.file}: no alert channel is named, expected one in [alerts] urls or urls_env; name it"),
        )
    for problem in problems:
        say(f"no alert goes there: {problem}")
    with alerting_alone(out, LOCK):
        before, held = open_runs(out), _held(out, say)
        status, error, at = None, None, now()
        if held:
            say(f"{out}: a run is writing there; what it is about to decide is not told yet")
        try:
            status = desk_status(desk, out, at, suites=suites)
        except Exception as raised:  # noqa: BLE001 - whatever it is, nobody can tell whether a GO holds
            error = raised
        look = StatusLook(desk, out, at, status, error, held, before, open_runs(out))
        causes, sent = tuple(look.causes()), None
        record = open_record(desk, out, causes, say, begin=True)
        try:
            sent = alert_causes(desk.name, causes, channels, record, is_over=look.is_over, now=now)
        except Exception as raised:  # noqa: BLE001 - it was sent, and the exit code says how the desk stands
            say(f"what was sent is not recorded, so that it is sent again: {raised}")
    return AlertedStatus(status, error, causes, sent)


def _held(out: Path, say: Callable[[str], None]) -> bool | None:
    """Return whether a run holds `out`; None where this user cannot tell, which `say` is told."""
    try:
        return is_held(out)
    except OSError as error:
        say(f"{out}: nobody can tell whether a run is writing there, so it is looked at as if none were: {error}")
        return None
