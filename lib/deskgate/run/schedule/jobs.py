"""The jobs of a desk, each at minutes of an hour in UTC, and the services that always run.

The accounts are snapshot each hour, so also at 24:00, which closes the day; the day is decided when that snapshot and the
last records are there.
"""

from dataclasses import dataclass
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.run.variables import variables_of

__all__ = ["DECIDED_AT", "Job", "Plan", "Service", "plan_of"]

# When the day before is decided, UTC: hour and minute.
DECIDED_AT = (0, 20)
_LOOKS = (5, 35)


@dataclass(frozen=True)
class Job:
    """A command that runs at some minutes, of one hour of the day or of each.

    Attributes
    ----------
    name
        One word.
    args
        The command's words, without the program and without what names desk and reports.
    minutes
        Minutes of the hour, UTC, rising.
    hour
        The hour, UTC; None: each.
    why
        What it is for, in a few words.
    takes_out
        It has the option `--out`.
    """

    name: str
    args: tuple[str, ...]
    minutes: tuple[int, ...]
    hour: int | None
    why: str
    takes_out: bool = True


@dataclass(frozen=True)
class Service:
    """A command that always runs and is started again when it ends."""

    name: str
    args: tuple[str, ...]
    why: str
    takes_out: bool = True


@dataclass(frozen=True)
class Plan:
    """All that runs for one desk.

    Attributes
    ----------
    desk
        Its name.
    file, root, out
        Absolute: desk.toml, the desk's folder, and where reports and the store are written.
    folders
        The folders in the desk's own that snapshots are written to, relative to it.
    variables
        Names of the variables that the commands need.
    remarks
        What a person has to know: what is not scheduled, and why.
    """

    desk: str
    file: Path
    root: Path
    out: Path
    jobs: tuple[Job, ...]
    services: tuple[Service, ...]
    folders: tuple[str, ...]
    variables: tuple[str, ...]
    remarks: tuple[str, ...]

    def words(self, what: Job | Service, *, desk: str = "", out: str = "") -> list[str]:
        """Return a command's words without the program; `desk` and `out` stand for the plan's where they are given."""
        named = ["--desk", desk or str(self.file)]
        return [*what.args, *named, *(["--out", out or str(self.out)] if what.takes_out else [])]


def plan_of(desk: Desk, out: Path) -> Plan:
    """Return what has to run for a desk: snapshots where it has accounts, the follower where it has streams, the day, and looks whether it holds."""
    jobs, services, remarks = list[Job](), list[Service](), list[str]()
    if desk.accounts:
        jobs.append(Job("snapshot", ("snapshot",), (0,), None, "what the venues say of the accounts", takes_out=False))
    else:
        remarks.append(
            "no snapshot is scheduled: desk.toml has no [accounts]; the venue's exports must come from elsewhere, at least"
            " every 8 hours and at 24:00 UTC"
        )
    if desk.streams.mqtt or desk.streams.redis or any(bot.events for bot in desk.bots.values()):
        services.append(Service("follow", ("ingest", "--follow"), "takes in streams and event files"))
    else:
        remarks.append(
            "no follower is scheduled: desk.toml has neither [stream] nor a bot with events; daily reads the files"
        )
    hour, minute = DECIDED_AT
    jobs.append(Job("daily", ("daily",), (minute,), hour, "decides the day before"))
    if desk.alerts.is_declared:
        jobs.append(Job("alert", ("status", "--alert"), _LOOKS, None, "alerts what lapsed, failed or is missing"))
    else:
        # Without it a GO that lapsed would stay in the file of metrics until it expires.
        jobs.append(Job("look", ("status", "--metrics"), _LOOKS, None, "writes whether the decision still holds"))
        remarks.append("no alert is scheduled: desk.toml has no [alerts], so nobody hears of a run that is missing")
    if desk.alerts.run_by is not None and desk.alerts.run_by <= f"{hour:02}:{minute:02}":
        remarks.append(
            f"alerts.run_by is {desk.alerts.run_by} UTC and the day is decided at {hour:02}:{minute:02}: set it later"
        )
    return Plan(
        desk=desk.name,
        file=desk.file,
        root=desk.root,
        out=out.resolve(),
        jobs=tuple(jobs),
        services=tuple(services),
        folders=tuple(account.export_folder for account in desk.accounts.values()),
        variables=tuple(variables_of(desk)),
        remarks=tuple(remarks),
    )
