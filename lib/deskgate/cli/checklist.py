"""`deskgate checklist`: the operator's list of a day, each item DONE or BLOCKED by the day's evidence; `checklist mark`: a manual item."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    ByOption,
    DeskOption,
    JsonOption,
    MarkdownOption,
    OutOption,
    SuitesOption,
    find_day,
    find_desk,
    handle_errors,
    refuse_together,
)
from deskgate.cli.terminal import print_table
from deskgate.config.instants import now

if TYPE_CHECKING:
    from deskgate.gates.checklist import ItemResult

__all__ = ["checklist"]

_SHOW = "show"


class _ShowsByDefault(TyperGroup):
    """Takes what is no command for the day to show."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the type is private to typer
        """Put `show` before a day, before options, and where nothing is given."""
        first = args[0] if args else ""
        return super().parse_args(ctx, args if first in (*self.commands, "--help") else [_SHOW, *args])


checklist = typer.Typer(
    cls=_ShowsByDefault, help="Show the operator's checklist of a day; mark a manual item. Evidence ticks all others."
)

DayArgument = Annotated[
    Path | None,
    typer.Argument(help="A day in --out, as it stood when it was decided; without it the last day, as of now."),
]
ListOption = Annotated[Path | None, typer.Option("--list", help="The items; default: config/checklist.toml.")]


@checklist.command(_SHOW)
@handle_errors
def show(
    day: DayArgument = None,
    items: ListOption = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """Show the checklist of a day; exit 1 where a critical item is blocked. `deskgate checklist [DAY]` does the same."""
    from deskgate.config.paths import CHECKLIST
    from deskgate.run.checklist import checklist_of

    refuse_together(json=as_json, markdown=markdown)
    where = find_desk(desk)
    folder = find_day(out, day)
    when = f"{folder.name}, {'as of now' if day is None else 'as it was decided'}"
    found = checklist_of(where, folder, items or CHECKLIST, now() if day is None else None, suites=suites)
    if as_json:
        echo(json.dumps([_as_json(each) for each in found], indent=1))
    elif markdown:
        echo(_as_markdown(where.name, when, found))
    else:
        rows = [[each.item.id, each.status, each.item.title, each.reason, ", ".join(each.evidence)] for each in found]
        print_table(["item", "status", "what", "why", "evidence"], rows)
        echo(_summary(where.name, when, found))
    raise typer.Exit(1 if any(each.blocks for each in found) else 0)


@checklist.command()
@handle_errors
def mark(
    item: Annotated[str, typer.Argument(help="The id of a manual item.")],
    by: ByOption,
    note: Annotated[str, typer.Option("--note", help="What you looked at, and what you found.")],
    date: Annotated[
        str | None, typer.Option("--date", help="The day whose decision you looked at; default: the last one in --out.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the mark back.")] = False,
    items: ListOption = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
) -> None:
    """Mark a manual item as done, in view of the decision of a day. An item that evidence judges is not marked."""
    from deskgate.config.instants import resolve_instant
    from deskgate.config.paths import CHECKLIST
    from deskgate.run.checklist_marks import mark_item

    clock, where = now(), find_desk(desk)
    day, _ = resolve_instant(date or find_day(out, None).name, None, clock)
    made = mark_item(where, out, day, items or CHECKLIST, item, done=not undo, by=by, note=note, at=clock)
    echo(f"{where.name} {day}: item {item} {made}")


def _as_json(each: "ItemResult") -> dict[str, object]:
    item = each.item.model_dump(include={"id", "section", "title", "owner", "critical", "runbook"})
    return {**item, "status": each.status, "reason": each.reason, "evidence": list(each.evidence)}


def _as_markdown(desk: str, day: str, found: "list[ItemResult]") -> str:
    from deskgate.reports.gate_report import cell

    lines = [f"## {_summary(desk, day, found)}"]
    section = ""
    for each in found:
        if each.item.section != section:
            section = each.item.section
            lines += ["", f"### {section}", ""]
        box = "x" if each.status == "DONE" else " "
        where = f" ({each.item.runbook})" if each.status == "BLOCKED" and each.item.runbook else ""
        lines.append(
            f"- [{box}] {each.item.id} {cell(each.item.title)}: {each.status}, {cell(each.reason)}; {each.item.owner}{where}"
        )
    return "\n".join(lines)


def _summary(desk: str, day: str, found: "list[ItemResult]") -> str:
    blocked = [each for each in found if each.status == "BLOCKED"]
    critical = [each.item.id for each in blocked if each.blocks]
    done = sum(each.status == "DONE" for each in found)
    skipped = len(found) - done - len(blocked)
    says = f"{desk} {day}: {done} DONE, {len(blocked)} BLOCKED, {skipped} SKIPPED"
    return (
        f"{says}; critical and blocked: {', '.join(critical)}" if critical else f"{says}; no critical item is blocked"
    )
