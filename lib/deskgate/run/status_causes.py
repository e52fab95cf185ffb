"""What somebody has to hear of a desk that was looked at: a GO that lapsed, a run that failed, did not end, or did not happen.

Each family of causes is looked for by itself: where one cannot be told the others are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from deskgate.audit.open_runs import OpenRun
from deskgate.audit.recorded import Recorded
from deskgate.audit.sign_offs import stands_as
from deskgate.audit.witnesses import decided_days
from deskgate.config.desk import Desk
from deskgate.controls.sinks.sink import as_stated
from deskgate.run.causes import Cause, cause_of
from deskgate.run.failed_runs import FAILED, of_decision, of_open_run
from deskgate.run.status import DeskStatus, expired, expires_at

__all__ = ["StatusLook"]

# A run that takes longer hangs.
RUN_LASTS_AT_MOST = timedelta(hours=2)
# A GO that only expired is alerted so long after it: every GO expires before the next day's run has decided. `run_by` says it better.
EXPIRY_STANDS = timedelta(hours=6)
_NO_DESK, _MISSING, _UNENDED, _LAPSED, _UNKNOWN = "no_desk", "missing", "unended", "lapsed", "unknown"

# What each family of causes asks, by the first part of its keys.
_ASKS = {
    _NO_DESK: "whether the desk ever ran",
    _MISSING: "whether the day before is decided",
    _UNENDED: "whether a run did not end",
    FAILED: "whether a run failed",
    _LAPSED: "whether a GO lapsed",
}


@dataclass(frozen=True)
class StatusLook:
    """What one look at a desk and its `out` found."""

    desk: Desk
    out: Path
    at: datetime
    status: DeskStatus | None
    error: Exception | None
    held: bool | None
    before: Mapping[str, OpenRun]
    after: Mapping[str, OpenRun]

    @property
    def runs(self) -> list[OpenRun]:
        """The runs that were open all the time: of no other one it is known whether it held `out`."""
        return [run for day, run in self.after.items() if self.before.get(day) == run]

    @cached_property
    def decided(self) -> list[dict[str, Any]]:
        """The decisions of the days, each in the folder of its date: a copy of a day is none."""
        days = ((source.partition("/")[0], decision) for source, decision in decided_days(self.out))
        return [decision for day, decision in days if decision.get("date") == day]

    @cached_property
    def recorded(self) -> Recorded:
        """What the audit trail has."""
        return Recorded.read(self.out)

    @cached_property
    def by_family(self) -> dict[str, list[Cause] | Exception]:
        """What somebody has to hear of, by the first part of its key; an error where nobody can tell."""
        families: dict[str, Callable[[], Iterable[Cause]]] = {
            _NO_DESK: self._no_desk,
            _MISSING: self._missing,
            _UNENDED: self._unended,
            FAILED: self._failed,
            _LAPSED: self._lapsed,
        }
        found: dict[str, list[Cause] | Exception] = {}
        for family, look in families.items():
            try:
                found[family] = list(look())
            except Exception as error:  # noqa: BLE001 - whatever it is, the other families are told
                found[family] = error
        return found

    def causes(self) -> Iterator[Cause]:
        """Yield what somebody has to hear of, and of what nobody can tell."""
        for family, found in self.by_family.items():
            if isinstance(found, Exception):
                what = _ASKS[family]
                says = f"nobody can tell {what}: {as_stated(found)}"
                yield cause_of(f"{_UNKNOWN}/{family}", f"nobody can tell {what}", says)
            else:
                yield from found
        # While a run is under way its locks may keep a look from being made.
        if self.status is None and not self.held:
            says = f"nobody can tell whether the last decision holds: {self.error}"
            yield cause_of(_UNKNOWN, "the last decision cannot be looked at", says)

    def is_over(self, key: str) -> bool:
        """Return whether a cause that was not found is over: nobody can tell of one that was not looked for.

        A failed run is over when a run of its day ends well, which that run says.
        """
        family = key.partition("/")[0]
        if isinstance(self.by_family.get(family), Exception):
            return False
        return family != FAILED and (self.status is not None or family not in (_LAPSED, _NO_DESK, _UNKNOWN))

    def _no_desk(self) -> Iterator[Cause]:
        """Yield that nothing ever ran where nobody waits for a day: `out` may be a mistyped one, which would be silent for good."""
        ran = self.held or self.before or self.after or self.decided or self.recorded.decisions
        if self.desk.alerts.run_by is None and self.status and not self.status.decision and not ran:
            says = f"{self.out} has no run of desk '{self.desk.name}'; give the --out of `deskgate daily`, or run it"
            yield Cause(f"{_NO_DESK}/{self.out.resolve()}", "no desk there", says)

    def _missing(self) -> Iterator[Cause]:
        if self.desk.alerts.run_by is None:
            return
        run_by = time.fromisoformat(self.desk.alerts.run_by)
        days_ago = 1 if self.at.time() >= run_by else 2
        day = (self.at - timedelta(days=days_ago)).date()
        known = [*self.decided, *(record.body for day in self.recorded.decisions.values() for record in day)]
        if not any(each.get("date") == day.isoformat() and each.get("provisional") is not True for each in known):
            due = f"{day + timedelta(days=1)} {run_by:%H:%M} UTC"
            says = f"{day} has no decision, expected one by {due}; run `deskgate daily --date {day}`"
            yield Cause(f"{_MISSING}/{day}", f"no run of {day}", says)

    def _unended(self) -> Iterator[Cause]:
        for run in self.runs:
            if failed := of_open_run(run):
                yield failed
            elif not self._is_under_way(run):
                yield Cause(f"{_UNENDED}/{run.day}/{run.began_at}", f"a run of {run.day} did not end", str(run))

    def _is_under_way(self, run: OpenRun) -> bool:
        """Return whether a run is the one that holds `out`, or may be where nobody can tell, and does not take too long."""
        began = [each.began_at for each in self.runs if each.began_at]
        if self.held is False or run.began_at is None or run.began_at < max(began):
            return False
        return self.at - run.began_at <= RUN_LASTS_AT_MOST

    def _failed(self) -> Iterator[Cause]:
        """Yield the failed steps of the last decision and of later looks."""
        whole = [str(each.get("date")) for each in self.decided if each.get("provisional") is not True]
        for each in self.decided:
            if str(each.get("date")) >= max(whole, default=""):
                yield from of_decision(each)

    def _lapsed(self) -> Iterator[Cause]:
        if self.status is None:
            return
        date, bundle_id = self._last_go(self.status)
        ignored = {str(run) for run in (*self.before.values(), *self.after.values())}
        if self._awaits_next_run(decision := self.status.decision or {}):
            ignored.add(expired(decision))
        for reason in self.status.lapsed if date else ():
            if reason not in ignored:
                says = f"the GO of {date} lapsed: {reason}"
                yield cause_of(f"{_LAPSED}/{bundle_id}", f"the GO of {date} lapsed", says)

    def _awaits_next_run(self, decision: Mapping[str, Any]) -> bool:
        """Return whether a decision expired so short a time ago that the next day's run is not late yet."""
        if self.status is None or expired(decision) not in self.status.lapsed:
            return False
        end, run_by = expires_at(decision).astimezone(UTC), self.desk.alerts.run_by
        if run_by is None:
            return self.at < end + EXPIRY_STANDS
        due = datetime.combine(end.date(), time.fromisoformat(run_by), UTC)
        return self.at < (due if due >= end else due + timedelta(days=1))

    def _last_go(self, status: DeskStatus) -> tuple[str, str]:
        """Return date and id of the last decision where it is a GO, as the trail has it or else the file; else empty ones.

        The file may have been changed to something else, or be gone: that is how a GO lapses, too.
        """
        decision: Mapping[str, Any] = status.decision or {}
        if status.word == "GO":
            return str(decision.get("date")), str(decision.get("bundle_id"))
        last = max(self.recorded.decisions, default="")
        body: Mapping[str, Any] = self.recorded.decisions[last][-1].body if last else {}
        if stands_as(self.recorded.records, body) != "GO" or last < str(decision.get("date", "")):
            return "", ""
        return last, str(body.get("bundle_id"))
