"""The alerts of `deskgate status --alert`: a GO that lapsed, a run that failed, did not end, or did not happen.

It is called by a cron job or a monitor, so it alerts what it can tell: also where a run holds `out`, where there is no store, and
where the store or the audit trail cannot be read or written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from deskgate.audit.open_runs import OpenRun, open_runs
from deskgate.audit.recorded import Recorded
from deskgate.audit.sign_offs import stands_as
from deskgate.audit.witnesses import decided_days
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import Clock
from deskgate.controls.alerts import Delivery, openable_channels
from deskgate.run.causes import LOCK, Cause, alert_causes, cause_of, open_record
from deskgate.run.day_folder import alerting_alone, is_held
from deskgate.run.failed_runs import FAILED, of_decision, of_open_run
from deskgate.run.status import DeskStatus, desk_status

__all__ = ["AlertedStatus", "alert_status"]

# A run that takes longer hangs.
RUN_LASTS_AT_MOST = timedelta(hours=2)
_MISSING, _UNENDED, _LAPSED, _UNKNOWN = "missing", "unended", "lapsed", "unknown"


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
        before, held = open_runs(out), is_held(out)
        status, error, at = None, None, now()
        if held:
            say(f"{out}: a run is writing there; what it is about to decide is not told yet")
        try:
            status = desk_status(desk, out, at, suites=suites)
        except Exception as raised:  # noqa: BLE001 - whatever it is, nobody can tell whether a GO holds
            error = raised
        look = _Look(desk, out, at, status, error, held, before, open_runs(out))
        causes = tuple(look.causes())
        record = open_record(desk, out, say, begin=True)
        sent = None
        try:
            sent = alert_causes(desk.name, causes, channels, record, is_over=look.is_over, now=now)
        except Exception as raised:  # noqa: BLE001 - it was sent, and the exit code says how the desk stands
            say(f"what was sent is not recorded, so that it is sent again: {raised}")
    return AlertedStatus(status, error, causes, sent)


@dataclass(frozen=True)
class _Look:
    """What one look at a desk and its `out` found."""

    desk: Desk
    out: Path
    at: datetime
    status: DeskStatus | None
    error: Exception | None
    held: bool
    before: Mapping[str, OpenRun]
    after: Mapping[str, OpenRun]

    @property
    def runs(self) -> list[OpenRun]:
        """The runs that were open all the time: of no other one it is known whether it held `out`."""
        return [run for day, run in self.after.items() if self.before.get(day) == run]

    def causes(self) -> Iterator[Cause]:
        """Yield what somebody has to hear of."""
        decided, recorded = [decision for _, decision in decided_days(self.out)], Recorded.read(self.out)
        yield from self._missing(decided, recorded)
        yield from self._of_runs()
        yield from self._failed(decided)
        yield from self._lapsed(recorded)

    def is_over(self, key: str) -> bool:
        """Return whether a cause that was not found is over: nobody can tell of one that was not looked for.

        A failed run is over when a run of its day ends well, which that run says.
        """
        family = key.partition("/")[0]
        return family != FAILED and (self.status is not None or family not in (_LAPSED, _UNKNOWN))

    def _missing(self, decided: list[dict[str, Any]], recorded: Recorded) -> Iterator[Cause]:
        if self.desk.alerts.run_by is None:
            return
        run_by = time.fromisoformat(self.desk.alerts.run_by)
        days_ago = 1 if self.at.time() >= run_by else 2
        day = (self.at - timedelta(days=days_ago)).date()
        known = [*decided, *(record.body for day in recorded.decisions.values() for record in day)]
        if not any(each.get("date") == day.isoformat() and each.get("provisional") is not True for each in known):
            due = f"{day + timedelta(days=1)} {run_by:%H:%M} UTC"
            says = f"{day} has no decision, expected one by {due}; run `deskgate daily --date {day}`"
            yield Cause(f"{_MISSING}/{day}", f"no run of {day}", says)

    def _of_runs(self) -> Iterator[Cause]:
        for run in self.runs:
            if failed := of_open_run(run):
                yield failed
            elif not self._is_under_way(run):
                yield Cause(f"{_UNENDED}/{run.day}/{run.began_at}", f"a run of {run.day} did not end", str(run))

    def _is_under_way(self, run: OpenRun) -> bool:
        """Return whether a run is the one that holds `out`, and does not take too long."""
        began = [each.began_at for each in self.runs if each.began_at]
        if not self.held or run.began_at is None or run.began_at < max(began):
            return False
        return self.at - run.began_at <= RUN_LASTS_AT_MOST

    def _failed(self, decided: list[dict[str, Any]]) -> Iterator[Cause]:
        """Yield the failed steps of the last decision and of later looks."""
        whole = [str(each.get("date")) for each in decided if each.get("provisional") is not True]
        for each in decided:
            if str(each.get("date")) >= max(whole, default=""):
                yield from of_decision(each)

    def _lapsed(self, recorded: Recorded) -> Iterator[Cause]:
        if self.status is None:
            # While a run is under way its locks may keep a look from being made.
            if not self.held:
                says = f"nobody can tell whether the last decision holds: {self.error}"
                yield cause_of(_UNKNOWN, "the last decision cannot be looked at", says)
            return
        date, bundle_id = self._last_go(self.status, recorded)
        of_runs = {str(run) for run in (*self.before.values(), *self.after.values())}
        for reason in self.status.lapsed if date else ():
            if reason not in of_runs:
                says = f"the GO of {date} lapsed: {reason}"
                yield cause_of(f"{_LAPSED}/{bundle_id}", f"the GO of {date} lapsed", says)

    def _last_go(self, status: DeskStatus, recorded: Recorded) -> tuple[str, str]:
        """Return date and id of the last decision where it is a GO, as the trail has it or else the file; else empty ones.

        The file may have been changed to something else, or be gone: that is how a GO lapses, too.
        """
        decision: Mapping[str, Any] = status.decision or {}
        if status.word == "GO":
            return str(decision.get("date")), str(decision.get("bundle_id"))
        last = max(recorded.decisions, default="")
        body: Mapping[str, Any] = recorded.decisions[last][-1].body if last else {}
        if stands_as(recorded.records, body) != "GO" or last < str(decision.get("date", "")):
            return "", ""
        return last, str(body.get("bundle_id"))
