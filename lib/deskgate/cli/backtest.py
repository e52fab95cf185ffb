"""`deskgate backtest`: what these suites would have decided on days that are on record, and what each threshold costs."""

import json
from typing import Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    DeskOption,
    EngineOption,
    JsonOption,
    MarkdownOption,
    OutOption,
    SchedulerOption,
    SuitesOption,
    WorkersOption,
    find_desk,
    handle_errors,
    refuse_missing,
    refuse_together,
)
from deskgate.cli.terminal import print_report
from deskgate.config.errors import RunError
from deskgate.config.instants import now, spans

__all__ = ["backtest"]


@handle_errors
def backtest(
    first: Annotated[str, typer.Option("--from", help="The first UTC day, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="The last UTC day, YYYY-MM-DD.")],
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    from_store: Annotated[
        bool,
        typer.Option("--from-store", help="Measure each day again from the store, with the settings of these suites."),
    ] = False,
    engine: EngineOption = None,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """Replay the gates over the days on record with the suites of now, or others; no day is changed."""
    from deskgate.config.instants import parse_day
    from deskgate.config.paths import suites_folder
    from deskgate.engines import open_engine
    from deskgate.reports.backtest_report import BacktestReport
    from deskgate.run.backtest import backtest as run

    refuse_together(json=as_json, markdown=markdown)
    where = find_desk(desk)
    refuse_missing(out)
    days = [parse_day(text, option, now().date()) for text, option in ((first, "--from"), (last, "--to"))]
    with open_engine(engine, workers, scheduler) as opened:
        found = run(where, out, first=days[0], last=days[1], suites=suites, from_store=from_store, engine=opened)
    report = BacktestReport(
        where.name, str(suites_folder(where, suites)), found.days, found.costs, found.left_out, found.notes
    )
    if as_json:
        echo(json.dumps(report.as_json(), indent=1))
    elif markdown:
        echo(report.as_markdown())
    else:
        print_report(report.tables(), report.remarks, report.summary)
    if found.failed:
        raise RunError(
            f"{out}: the replay of {spans(found.failed)} failed, expected all days; what is said above is of the others: run it"
            " again, or without --engine"
        )
