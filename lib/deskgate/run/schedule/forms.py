"""A plan as the files of a crontab, of systemd, of Docker Compose, of the Windows task scheduler.

Each form quotes as its program reads: what a path has in it never becomes a command. Times are UTC whatever zone the machine
is in: where a program knows its own zone alone, the command looks at the hour itself.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path, PurePosixPath
from subprocess import list2cmdline
from typing import Any
from xml.sax.saxutils import escape

from ruamel.yaml import YAML

from deskgate.config.errors import InputError
from deskgate.run.schedule.jobs import Job, Plan, Service

__all__ = ["FORMS", "File", "render"]

# Zones differ by quarters of an hour: a job is tried at each of these, and runs at the one that is its minute in UTC.
_QUARTERS = (0, 15, 30, 45)
_RESTART_S = 10
# Where the container has what the machine has elsewhere.
_DESK, _OUT = PurePosixPath("/desk"), PurePosixPath("/out")
_USER = "10001:10001"


@dataclass(frozen=True)
class File:
    """One file of a form: its name and its text."""

    name: str
    text: str


def render(form: str, plan: Plan, program: Path) -> list[File]:
    """Return the files of a form of `FORMS`.

    Parameters
    ----------
    program
        The `deskgate` to run, absolute.

    Raises
    ------
    InputError
        A path has a line's end or another control character in it, which no form can hold.
    """
    texts = (str(program), str(plan.root), str(plan.out), plan.desk)
    if any(ord(char) < ord(" ") for text in texts for char in text):
        raise InputError(
            f"{plan.root!s}: a path or the desk's name has a control character in it, expected none: a schedule cannot"
            " name it; rename it"
        )
    return FORMS[form](plan, program)


def _cron(plan: Plan, program: Path) -> list[File]:
    lines = [
        f"# {plan.desk}: add these lines with `crontab -e`. Times are UTC in any zone: each line looks at the hour itself.",
        *_notes(plan, "#"),
        *[
            f"# Run `{shlex.join([str(program), *plan.words(service)])}` under a supervisor: {service.why}; cron keeps nothing running."
            for service in plan.services
        ],
    ]
    for job in plan.jobs:
        lines += [f"# {job.name}: {job.why}", *[_cron_line(plan, job, minute, program) for minute in job.minutes]]
    return [File(f"{_slug(plan)}.crontab", "\n".join(lines) + "\n")]


def _cron_line(plan: Plan, job: Job, minute: int, program: Path) -> str:
    """Return a line that is tried each quarter of an hour and runs in the one that has the job's minute in UTC."""
    places = ",".join(str((minute + quarter) % 60) for quarter in sorted(_QUARTERS))
    wanted = f"{minute:02}" if job.hour is None else f"{job.hour:02}{minute:02}"
    form = "+%M" if job.hour is None else "+%H%M"
    command = f'[ "$(date -u {form})" = {wanted} ] && {shlex.join([str(program), *plan.words(job)])}'
    # In a crontab a percent sign ends the command.
    return f"{places} * * * * " + command.replace("%", r"\%")


def _systemd(plan: Plan, program: Path) -> list[File]:
    files = []
    for job in plan.jobs:
        unit = f"{_slug(plan)}-{job.name}"
        hour = "*" if job.hour is None else f"{job.hour:02}"
        minutes = ",".join(f"{minute:02}" for minute in job.minutes)
        # A blocked day ends with 1: it is an answer, not a failed service.
        files += [
            File(f"{unit}.service", _unit(plan, program, job, ["Type=oneshot", "SuccessExitStatus=1"])),
            File(
                f"{unit}.timer",
                f"[Unit]\nDescription=Deskgate {_percent(plan.desk)}: {job.why}\n\n[Timer]\n"
                f"OnCalendar=*-*-* {hour}:{minutes}:00 UTC\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
            ),
        ]
    for service in plan.services:
        kept = ["Restart=always", f"RestartSec={_RESTART_S}"]
        text = _unit(plan, program, service, kept) + "\n[Install]\nWantedBy=default.target\n"
        files.append(File(f"{_slug(plan)}-{service.name}.service", text))
    return files


def _unit(plan: Plan, program: Path, what: Job | Service, kept: list[str]) -> str:
    command = " ".join(map(_systemd_word, (str(program), *plan.words(what))))
    lines = [
        *[f"# {note}" for note in _notes(plan, "")],
        "[Unit]",
        f"Description=Deskgate {_percent(plan.desk)}: {what.why}",
        "After=network-online.target",
        "",
        "[Service]",
        f"ExecStart={command}",
        *kept,
        "# A file of this user's alone (mode 600) with the variables that are named above:",
        f"EnvironmentFile=-%h/.config/deskgate/{_slug(plan)}.env",
        "NoNewPrivileges=true",
    ]
    return "\n".join(lines) + "\n"


def _systemd_word(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{_percent(quoted)}"'


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _compose(plan: Plan, _program: Path) -> list[File]:
    """Return a compose file: the desk is mounted to be read, the exports and the reports to be written."""
    services: dict[str, Any] = {
        each.name: _container(plan, each)
        for each in (Service("schedule", ("schedule", "--run"), "runs the jobs"), *plan.services)
    }
    head = [
        "# docker compose -f THIS_FILE up --detach; the image is built from a checkout of Deskgate:",
        "#   docker build --file config/docker/Dockerfile --tag deskgate .",
        *_notes(plan, "#"),
        "# The folders that are written to must be there and belong to user 10001, or set `user` to whom they belong:",
        f"#   mkdir -p {shlex.join(str(each) for each in (plan.out, *(plan.root / folder for folder in plan.folders)))}",
    ]
    text = StringIO()
    yaml = YAML()
    yaml.width = 10_000
    yaml.dump({"name": _slug(plan), "services": services}, text)
    return [File("compose.yaml", "\n".join(head) + "\n" + text.getvalue())]


def _container(plan: Plan, service: Service) -> dict[str, Any]:
    check = Service("check", ("schedule", "--check", service.name), "")
    inside = {"desk": str(_DESK / plan.file.name), "out": str(_OUT)}
    mounts = [(plan.root, _DESK, "ro"), *((plan.root / folder, _DESK / folder, "rw") for folder in plan.folders)]
    return {
        "image": "deskgate",
        "command": plan.words(service, **inside),
        "user": _USER,
        "read_only": True,
        "tmpfs": ["/tmp", "/home/deskgate"],  # noqa: S108 - in the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "restart": "unless-stopped",
        "environment": list(plan.variables),
        "volumes": [
            {"type": "bind", "source": _dollar(str(source)), "target": _dollar(str(target)), "read_only": mode == "ro"}
            for source, target, mode in [*mounts, (plan.out, _OUT, "rw")]
        ],
        "healthcheck": {
            "test": ["CMD", "deskgate", *plan.words(check, **inside)],
            "interval": "2m",
            "timeout": "30s",
            "start_period": "3m",
        },
    }


def _dollar(text: str) -> str:
    """Return a text in which compose sees no variable."""
    return text.replace("$", "$$")


def _windows(plan: Plan, program: Path) -> list[File]:
    """Return a script of PowerShell that registers a task for each job and service, at times in UTC."""
    lines = [
        f"# {plan.desk}: run this in PowerShell as the user who runs the desk.",
        *_notes(plan, "#"),
        "# Set the variables for that user: [Environment]::SetEnvironmentVariable('NAME', 'VALUE', 'User')",
    ]
    tasks: list[tuple[Job | Service, str]] = [(job, "".join(_triggers(job))) for job in plan.jobs]
    tasks += [(each, "<LogonTrigger><Enabled>true</Enabled></LogonTrigger>") for each in plan.services]
    for what, trigger in tasks:
        restart = ""
        if isinstance(what, Service):
            restart = "<RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>"
        task = (
            '<?xml version="1.0"?><Task version="1.4" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
            f"<RegistrationInfo><Description>{escape(what.why)}</Description></RegistrationInfo>"
            f"<Triggers>{trigger}</Triggers>"
            "<Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy><StartWhenAvailable>true"
            f"</StartWhenAvailable><ExecutionTimeLimit>PT0S</ExecutionTimeLimit>{restart}</Settings>"
            f"<Actions><Exec><Command>{escape(str(program))}</Command>"
            f"<Arguments>{escape(list2cmdline(plan.words(what)))}</Arguments></Exec></Actions></Task>"
        )
        name = _powershell(f"Deskgate {_slug(plan)} {what.name}")
        lines.append(f"Register-ScheduledTask -TaskName {name} -Xml {_powershell(task)} -Force")
    return [File(f"{_slug(plan)}.ps1", "\n".join(lines) + "\n")]


def _triggers(job: Job) -> list[str]:
    """Return the triggers of a job; a time that ends in Z is kept in UTC across changes of the clock."""
    repeated = "" if job.hour is not None else "<Repetition><Interval>PT1H</Interval></Repetition>"
    return [
        f"<CalendarTrigger>{repeated}<StartBoundary>2026-01-01T{job.hour or 0:02}:{minute:02}:00Z</StartBoundary>"
        "<ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>"
        for minute in job.minutes
    ]


def _powershell(text: str) -> str:
    """Return a literal of PowerShell; it takes typographic quotes for quotes as well."""
    return "'" + "".join(char * 2 if char in "'\u2018\u2019\u201a\u201b" else char for char in text) + "'"


def _notes(plan: Plan, mark: str) -> list[str]:
    """Return what a person has to know, as comments; `mark` begins each."""
    needs = [f"It needs the variables {', '.join(plan.variables)}; their values stand in no file of the desk."]
    return [f"{mark} {note}".strip() for note in (*(needs if plan.variables else []), *plan.remarks)]


def _slug(plan: Plan) -> str:
    """Return the desk's name as a file and a project of compose may be called."""
    name = "".join(char if char.isascii() and char.isalnum() else "-" for char in plan.desk.lower()).strip("-")
    return f"deskgate-{name or 'desk'}"


FORMS: Mapping[str, Callable[[Plan, Path], list[File]]] = {
    "cron": _cron,
    "systemd": _systemd,
    "compose": _compose,
    "windows": _windows,
}
