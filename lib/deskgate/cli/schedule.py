"""`deskgate schedule`: what runs when for a desk, for cron, systemd, Compose and Windows, or run here."""

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import REPORTS, DeskOption, OutOption, find_desk, handle_errors
from deskgate.config.errors import InputError
from deskgate.config.instants import now

if TYPE_CHECKING:
    from deskgate.config.desk import Desk
    from deskgate.run.schedule import Plan

__all__ = ["schedule"]


class Form(StrEnum):
    """What a schedule can be printed for."""

    CRON = "cron"
    SYSTEMD = "systemd"
    COMPOSE = "compose"
    WINDOWS = "windows"


class Kept(StrEnum):
    """What keeps running."""

    SCHEDULE = "schedule"
    FOLLOW = "follow"


@handle_errors
def schedule(
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    form: Annotated[Form | None, typer.Option("--print", help="Print the schedule for this program.")] = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="With --print: write its files into this folder; none is overwritten.")
    ] = None,
    is_run: Annotated[bool, typer.Option("--run", help="Run the jobs here, until stopped.")] = False,
    check: Annotated[
        Kept | None, typer.Option("--check", help="Is it at work? Exit 0 where its last sign is newer than 5 minutes.")
    ] = None,
) -> None:
    """Run snapshots, the daily decision and alerts at their times in UTC, or print what makes another program do it."""
    given = [name for name, is_given in (("--print", form), ("--run", is_run), ("--check", check)) if is_given]
    if len(given) != 1:
        raise InputError(
            f"{' and '.join(given) or 'none'} of --print, --run and --check was given, expected one of them; give one"
        )
    if into and not form:
        raise InputError(
            "--into without --print, expected a form whose files are written; give --print cron, for example"
        )
    from deskgate.run.schedule import plan_of

    where = find_desk(desk)
    plan = plan_of(where, out)
    if form:
        _print(form, into, plan)
    elif is_run:
        from deskgate.run.schedule.runner import run_schedule

        for remark in plan.remarks:
            echo(f"note: {remark}", err=True)
        run_schedule(plan, [str(_program())], now=now, say=lambda text: echo(f"{now():%Y-%m-%d %H:%M:%S} {text}"))
    elif check:
        _check(check, where, out)


def _print(form: Form, into: Path | None, plan: "Plan") -> None:
    from deskgate.run.schedule import render

    files = render(form, plan, _program())
    if into is None:
        many = len(files) > 1
        echo("\n".join(f"# --- {file.name}\n{file.text}" if many else file.text for file in files), nl=False)
        return
    there = [into / file.name for file in files if (into / file.name).exists()]
    if there:
        raise InputError(
            f"{there[0]}: exists already, and schedule never overwrites; move it away, or name another folder"
        )
    into.mkdir(parents=True, exist_ok=True)
    for file in files:
        with (into / file.name).open("x", encoding="utf-8", newline="\n") as target:
            target.write(file.text)
        echo(str(into / file.name))


def _check(kept: Kept, desk: "Desk", out: Path) -> None:
    from deskgate.collector.follower import last_sign as of_follower
    from deskgate.collector.signs import is_at_work
    from deskgate.run.schedule.runner import last_sign as of_schedule
    from deskgate.store.desk_store import store_location

    sign = of_schedule(out) if kept is Kept.SCHEDULE else of_follower(store_location(desk, out))
    said = "never gave a sign of life" if sign is None else f"its last sign of life is of {sign:%Y-%m-%d %H:%M:%S} UTC"
    echo(f"{kept}: {said}")
    raise typer.Exit(0 if is_at_work(sign, now()) else 1)


def _program() -> Path:
    """Return the `deskgate` that runs."""
    own = Path(sys.executable).with_name("deskgate.exe" if sys.platform == "win32" else "deskgate")
    found = str(own) if own.is_file() else shutil.which("deskgate")
    if found is None:
        raise InputError(
            "no `deskgate` beside this Python and none on the PATH, expected one that a schedule can start"
        )
    return Path(found)
