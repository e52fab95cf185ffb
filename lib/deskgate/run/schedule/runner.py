"""Runs a desk's jobs in the foreground, each in a process of its own, until SIGTERM or Ctrl-C.

For a container, or a machine without a scheduler. A job that is late by less than its time still runs, once; one that still
runs is not started again. A day that nobody decided while this was not running is decided at the start.
"""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Event, Lock

from filelock import FileLock, Timeout

from deskgate.collector.signals import until_signal
from deskgate.collector.signs import sign_in
from deskgate.config.errors import InputError
from deskgate.run.schedule.jobs import DECIDED_AT, Job, Plan
from deskgate.run.status import read_or_none

__all__ = ["SIGN", "last_sign", "missed_jobs", "run_schedule"]

# Its time of change is the last sign of life; its lock keeps a second one away.
SIGN = Path("logs") / "schedule.alive"
_SIGN_S = 30
_LATE = {None: timedelta(minutes=30), DECIDED_AT[0]: timedelta(hours=12)}
_STOP_S = 60.0


def run_schedule(
    plan: Plan, program: Sequence[str], *, now: Callable[[], datetime], say: Callable[[str], None]
) -> None:
    """Run the jobs of a plan at their times until a signal; running ones are told to end, and waited for.

    Parameters
    ----------
    program
        What starts Deskgate: the words before a job's arguments.
    now
        The clock, asked at the start alone.
    say
        Called with a line when a job begins and when it has ended.

    Raises
    ------
    InputError
        Another one runs for the same reports.
    """
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.cron import CronTrigger

    stopped, runs = Event(), _Runs(plan, program, say)
    with _only_one(plan.out) as sign, until_signal(stopped):
        scheduler = BackgroundScheduler(timezone=UTC, executors={"default": {"type": "threadpool", "max_workers": 8}})
        for job in plan.jobs:
            minutes, hour = ",".join(map(str, job.minutes)), "*" if job.hour is None else job.hour
            scheduler.add_job(
                runs.run,
                CronTrigger(minute=minutes, hour=hour, timezone=UTC),
                args=[job],
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=int(_LATE[job.hour].total_seconds()),
            )
        if missed := missed_jobs(plan, now()):
            scheduler.add_job(runs.run_in_order, args=[missed], id="missed")
        scheduler.start()
        say(f"{plan.desk}: {', '.join(job.name for job in plan.jobs)}; stop with Ctrl-C or SIGTERM")
        try:
            while not stopped.wait(_SIGN_S):
                sign.touch()
        finally:
            runs.stop()
            scheduler.shutdown(wait=True)


def missed_jobs(plan: Plan, at: datetime) -> list[Job]:
    """Return what has to run now, in its order, for a day before that is past its time and not decided: the snapshots too.

    A look in between is no decision, and one whose run failed is none that stands.
    """
    due = datetime.combine(at.astimezone(UTC).date(), time(*DECIDED_AT), UTC)
    day = (due - timedelta(days=1)).date()
    decision = read_or_none(plan.out / day.isoformat() / "decision.json")
    is_decided = decision is not None and decision.get("provisional") is not True and not decision.get("failures")
    return [] if at < due or is_decided else [job for job in plan.jobs if job.name in {"snapshot", "daily"}]


def last_sign(out: Path) -> datetime | None:
    """Return the last sign of life of what runs for the reports in `out`, UTC; None: it never ran."""
    return sign_in(out / SIGN)


class _Runs:
    """The processes that run."""

    def __init__(self, plan: Plan, program: Sequence[str], say: Callable[[str], None]) -> None:
        self._plan, self._program, self._say = plan, program, say
        self._lock, self._running, self._is_stopped = Lock(), set[subprocess.Popen[bytes]](), False

    def run_in_order(self, jobs: Sequence[Job]) -> None:
        """Run jobs one after the other."""
        for job in jobs:
            self.run(job)

    def run(self, job: Job) -> None:
        """Run a job to its end."""
        with self._lock:
            if self._is_stopped:
                return
            self._say(f"{job.name} begins")
            process = subprocess.Popen([*self._program, *self._plan.words(job)])  # noqa: S603 - our own command
            self._running.add(process)
        code = process.wait()
        with self._lock:
            self._running.discard(process)
        self._say(f"{job.name} ended with {code}")

    def stop(self) -> None:
        """Tell all to end, and kill what has not ended in time."""
        with self._lock:
            self._is_stopped, running = True, set(self._running)
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def _only_one(out: Path) -> Iterator[Path]:
    sign = out / SIGN
    sign.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(sign.with_suffix(".lock"), timeout=0):
            sign.touch()
            yield sign
    except Timeout as error:
        raise InputError(
            f"{out}: another `deskgate schedule --run` is at work there, expected none; stop that one, or let it do its work"
        ) from error
