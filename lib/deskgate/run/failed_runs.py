"""The alert of a run that failed: sent by the run itself, and by `deskgate status --alert` of what a run left on disk.

An error of the alert never hides the one of the run.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.config.errors import StepError

if TYPE_CHECKING:
    from deskgate.audit.open_runs import OpenRun
    from deskgate.config.desk import Desk
    from deskgate.config.instants import Clock
    from deskgate.run.causes import Cause

__all__ = ["FAILED", "alert_ended", "alerting_failure", "of_decision", "of_open_run"]

# What the keys of such causes begin with; the day follows.
FAILED = "failed"
Say = Callable[[str], None]


def of_open_run(run: "OpenRun") -> "Cause | None":
    """Return the cause that a run which stopped left on disk; None where it did not say why."""
    return _cause(run.day, run.problem) if run.problem else None


def of_decision(decision: Mapping[str, Any]) -> "list[Cause]":
    """Return the causes that a decision names: its steps that failed; what is no step in its list is left out."""
    from deskgate.reports.pages.banner import objects

    day = str(decision.get("date"))
    return [
        _cause(day, _of_step(str(each.get("notebook", "without a name")), str(each.get("error", "no error is named"))))
        for each in objects(decision.get("failures"))
    ]


@contextmanager
def alerting_failure(desk: "Desk", out: Path, day: date, now: "Clock", say: Say) -> Iterator[None]:
    """Alert an error of the day's run, whatever it is, and raise it again; Ctrl-C is none.

    `say` is called with what went wrong with the alert itself.
    """
    try:
        yield
    except Exception as error:
        text = _of_step(error.step, error.what) if isinstance(error, StepError) else str(error) or type(error).__name__
        _alert(desk, out, day, [_cause(day.isoformat(), text)], now, say)
        raise


def alert_ended(desk: "Desk", out: Path, day: date, failures: list[dict[str, str]], now: "Clock", say: Say) -> None:
    """Alert the steps that failed in a run that ended with a decision; where none did, earlier failures of the day are over."""
    _alert(desk, out, day, of_decision({"date": day.isoformat(), "failures": failures}), now, say)


def _alert(desk: "Desk", out: Path, day: date, causes: "list[Cause]", now: "Clock", say: Say) -> None:
    from deskgate.controls.alerts import openable_channels
    from deskgate.run.causes import LOCK, alert_causes, open_record
    from deskgate.run.day_folder import alerting_alone

    def is_over(key: str) -> bool:
        return not causes and key.startswith(f"{FAILED}/{day}/")

    try:
        channels, problems = openable_channels(desk)
        for problem in problems if causes else ():
            say(f"no alert of the failed run goes there: {problem}")
        if not channels:
            return
        with alerting_alone(out, LOCK):
            record = open_record(desk, out, causes, say)
            sent = alert_causes(desk.name, causes, channels, record, is_over=is_over, now=now)
        if sent:
            say(f"of the failed run: {sent.sentence}")
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the run's own outcome is what has to be seen
        say(f"the alert of the failed run: {type(error).__name__}: {error}")


def _of_step(step: str, what: str) -> str:
    return f"the step {step} failed, {what}"


def _cause(day: str, text: str) -> "Cause":
    from deskgate.run.causes import cause_of

    return cause_of(f"{FAILED}/{day}", f"a failed run of {day}", f"the run of {day} failed: {text}", about=text)
