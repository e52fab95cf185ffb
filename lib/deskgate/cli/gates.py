"""`deskgate gates`: the promotion gates of a day, from stored data to what they add up to, without pages."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    AsOfOption,
    DateOption,
    DeskOption,
    EngineOption,
    JsonOption,
    MarkdownOption,
    OutOption,
    ProvisionalOption,
    QuietOption,
    SchedulerOption,
    SuitesOption,
    VerboseOption,
    WorkersOption,
    find_desk_with_files,
    handle_errors,
    refuse_together,
)
from deskgate.cli.progress import Detail, detail_of, progress_steps
from deskgate.cli.run_log import logged_steps
from deskgate.cli.terminal import print_account, print_causes, print_gates, print_rests_on
from deskgate.config.errors import DeskgateError
from deskgate.config.instants import now
from deskgate.run.stages import LOOK

if TYPE_CHECKING:
    from deskgate.reports.blocking_causes import BlockingCause
    from deskgate.reports.gate_report import GateReport

__all__ = ["gates"]


@handle_errors
def gates(
    desk: DeskOption = None,
    date: DateOption = None,
    as_of: AsOfOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    provisional: ProvisionalOption = False,
    engine: EngineOption = None,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    as_json: JsonOption = False,
    line: Annotated[bool, typer.Option("--line", help="Print one line, for a chat.")] = False,
    markdown: MarkdownOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    every: Annotated[bool, typer.Option("--all", help="Show the table of gates on a screen too.")] = False,
) -> None:
    """Judge the promotion gates of one day in seconds; exit 0 on GO, 1 on HOLD or STOP. It is a look, not the day's decision."""
    from deskgate.config.instants import resolve_instant
    from deskgate.engines import open_engine
    from deskgate.reports.blocking_causes import blocking_causes
    from deskgate.reports.gate_report import GateReport
    from deskgate.run.gates import not_run, run_gates

    refuse_together(json=as_json, line=line, markdown=markdown, quiet=quiet)
    refuse_together(quiet=quiet, verbose=verbose)
    detail = detail_of(quiet=quiet or line, verbose=verbose, as_json=as_json or markdown)
    where = find_desk_with_files(desk, quiet=quiet)
    day, instant = resolve_instant(date, as_of, now())
    stopped: DeskgateError | None = None
    causes: list[BlockingCause] = []
    try:
        with open_engine(engine, workers, scheduler) as opened, progress_steps(detail, LOOK) as progress:
            gated = run_gates(
                where,
                day=day,
                as_of=instant,
                out=out,
                suites=suites,
                provisional=provisional,
                now=now,
                progress=logged_steps(progress, {}),
                engine=opened,
            )
        if detail is Detail.VERBOSE:
            print_account(gated.account, err=True)
        inputs = gated.assessment.inputs.model_dump(mode="json")
        report = GateReport(
            where.name,
            day,
            instant,
            gated.result,
            gated.provisional,
            gated.gates,
            gated.assessment.verdicts,
            inputs,
            gated.waivers,
            gated.accepted,
        )
        causes = blocking_causes(gated.assessment)
    except DeskgateError as error:
        stopped = error
        report = GateReport(where.name, day, instant, *not_run(error, provisional=provisional))
    _print(report, causes, as_json=as_json, line=line, markdown=markdown, quiet=quiet, every=every)
    if stopped is not None:
        raise stopped
    raise typer.Exit(0 if report.result == "GO" else 1)


def _print(
    report: "GateReport",
    causes: "Sequence[BlockingCause]",
    *,
    as_json: bool,
    line: bool,
    markdown: bool,
    quiet: bool,
    every: bool,
) -> None:
    if as_json:
        echo(json.dumps(report.as_json(), indent=1, ensure_ascii=False))
    elif line or quiet:
        echo(report.as_line())
    elif markdown:
        echo(report.as_markdown())
    elif sys.stdout.isatty():
        echo(f"{report.summary}; a look, `deskgate daily` makes the day's decision")
        print_rests_on(report.rests_on)
        print_causes(causes)
        if every or not causes:
            print_gates(report.gates)
        else:
            echo("The table of gates: `--all`.")
    else:
        print_gates(report.gates)
        print_causes(causes)
        print_rests_on(report.rests_on)
        echo(f"{report.summary}; a look, `deskgate daily` makes the day's decision")
