"""`deskgate report`: the daily report of a published day, as its run wrote it, or what the days of a period add up to."""

import json
from pathlib import Path
from typing import Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    DeskOption,
    JsonOption,
    MarkdownOption,
    OutOption,
    PdfOption,
    find_day,
    find_desk,
    handle_errors,
    parse_span,
    print_note,
    refuse_missing,
    refuse_together,
)
from deskgate.config.errors import InputError
from deskgate.config.instants import now

__all__ = ["report"]


@handle_errors
def report(
    day: Annotated[
        Path | None, typer.Argument(help="A day in --out, or its folder; without it the last day there.")
    ] = None,
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    first: Annotated[
        str | None, typer.Option("--from", help="A period's first UTC day; default: the first one there.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="A period's last UTC day; default: the last one there.")
    ] = None,
    bots: Annotated[str | None, typer.Option("--bots", help="Of a period: these bots, with commas between.")] = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
    pdf: PdfOption = False,
    interactive: Annotated[
        bool,
        typer.Option(
            "--interactive", help="Write a copy of each notebook's page whose charts can be hovered and zoomed."
        ),
    ] = False,
) -> None:
    """Print the daily report: what changed, what was touched and validated, numbers, risks, the way back, what to do next.

    With --from or --to: what the published days of a period add up to, as a page under <out>/periods, as JSON or as Markdown.
    """
    from deskgate.run.published_report import published_report

    refuse_together(json=as_json, markdown=markdown, pdf=pdf, interactive=interactive)
    if any(each is not None for each in (first, last, bots)):
        if pdf:
            raise InputError(
                "report: got a period and --pdf, expected one of them; open the period's page and print it"
            )
        if interactive:
            raise InputError("report: got a period and --interactive, expected one of them; name a day")
        if day is not None:
            raise InputError(
                f"report: got the day {day} and a period, expected one of them; leave out {day}, or --from, --to and --bots"
            )
        _period(desk, out, (first, last), bots, as_json=as_json, markdown=markdown)
        return
    if interactive:
        from deskgate.run.interactive import write_interactive

        for file in write_interactive(find_day(out, day), out):
            echo(str(file))
        return
    if pdf:
        from deskgate.run.pdf import print_day

        for file in print_day(find_day(out, day), out):
            echo(str(file))
        return
    found = published_report(find_desk(desk), find_day(out, day), now(), as_json=as_json)
    for sentence in found.since:
        print_note(sentence)
    echo(found.text, nl=False)


def _period(
    desk: Path | None,
    out: Path,
    given: tuple[str | None, str | None],
    bots: str | None,
    *,
    as_json: bool,
    markdown: bool,
) -> None:
    from deskgate.cli.terminal import print_report
    from deskgate.reports.period.rendered import as_json as to_json
    from deskgate.reports.period.rendered import as_markdown
    from deskgate.reports.period.tables import period_tables
    from deskgate.reports.period.words import believe, finding
    from deskgate.run.period_report import period_report

    where = find_desk(desk)
    refuse_missing(out)
    first, last = parse_span(*given, now().date())
    names = list(dict.fromkeys(name.strip() for name in (bots or "").split(",") if name.strip()))
    if bots is not None and not names:
        raise InputError(f"report: --bots names no bot, got '{bots}', expected names with commas between; correct it")
    report, page = period_report(where, out, first, last, names)
    if as_json:
        echo(json.dumps(to_json(report), indent=1, ensure_ascii=False))
    elif markdown:
        echo(as_markdown(report), nl=False)
    else:
        tables = [each.as_text() for each in period_tables(report) if each.name in ("bots", "days")]
        says = [*believe(report), *report.period.remarks]
        print_report(tables, says, "\n".join([*finding(report), f"Look at {page}"]))
