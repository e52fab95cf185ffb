"""`deskgate daily`: one day ingested, checked, judged and reported."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    AsOfOption,
    DateOption,
    DeskOption,
    EngineOption,
    JsonOption,
    MetricsOption,
    OutOption,
    PdfOption,
    ProvisionalOption,
    QuietOption,
    SchedulerOption,
    SuitesOption,
    VerboseOption,
    WorkersOption,
    handle_errors,
    print_note,
    refuse_together,
    require_files,
)
from deskgate.cli.progress import Detail, detail_of, progress_steps
from deskgate.cli.run_log import log_decision, logged_steps
from deskgate.cli.terminal import print_account, print_gates, print_outcome, print_rests_on
from deskgate.config.instants import now
from deskgate.run.stages import STAGES

if TYPE_CHECKING:
    import datetime as dt

    from deskgate.cli.daily_result import DailyResult
    from deskgate.config.desk import Desk
    from deskgate.engines import Engine
    from deskgate.run.daily import Outcome
    from deskgate.run.gates import Gated
    from deskgate.run.monitoring import Monitor

__all__ = ["daily"]


@handle_errors
def daily(
    desk: DeskOption = None,
    date: DateOption = None,
    as_of: AsOfOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    provisional: ProvisionalOption = False,
    engine: EngineOption = None,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
    metrics: MetricsOption = None,
    pdf: PdfOption = False,
) -> None:
    """Ingest, check, judge and report one day; exit 0 on GO, 1 on HOLD or STOP."""
    from deskgate.cli.daily_result import DailyResult
    from deskgate.config.instants import resolve_instant
    from deskgate.engines import open_engine
    from deskgate.run.monitoring import Monitor, metrics_file

    detail = detail_of(quiet=quiet, verbose=verbose, as_json=as_json)
    day: dt.date | None = None
    monitor: Monitor | None = None
    took: dict[str, float] = {}
    try:
        monitor = Monitor.find(desk, out, metrics, now, print_note, suites, is_run=True)
        with monitor.running(took):
            # What is refused here is noted as a refused run too.
            refuse_together(quiet=quiet, verbose=verbose)
            metrics_file(monitor.desk, out, metrics)
            day, instant = resolve_instant(date, as_of, now())
            monitor.day = day
            with open_engine(engine, workers, scheduler) as opened:
                outcome = _run(
                    *(monitor.desk, day, instant, out, suites, took, detail), provisional=provisional, engine=opened
                )
    except Exception as error:
        failed = DailyResult.of_error(error, monitor.desk.name if monitor else None, day, out, took)
        log_decision(failed.decision, failed.seconds)
        if as_json:
            _print_json(failed, monitor)
        raise
    exit_code = 3 if outcome.failures else 0 if outcome.decision["decision"] == "GO" else 1
    monitor.ended(exit_code, took, str(outcome.decision["run_id"]))
    log_decision(outcome.decision, outcome.seconds)
    if as_json:
        _print_json(DailyResult.of_outcome(outcome, out, exit_code), monitor)
    else:
        if detail is Detail.VERBOSE:
            print_account(outcome.account, err=True)
        print_outcome(outcome, quiet=quiet)
    if pdf:
        from deskgate.run.pdf import print_or_explain

        print_note(print_or_explain(out / day.isoformat(), out))
    raise typer.Exit(exit_code)


def _print_json(result: "DailyResult", monitor: "Monitor | None") -> None:
    echo(json.dumps(result.as_json(monitor.file if monitor else None), indent=1, ensure_ascii=False))


def _run(
    desk: "Desk",
    day: "dt.date",
    as_of: "dt.datetime",
    out: Path,
    suites: Path | None,
    took: dict[str, float],
    detail: Detail,
    *,
    provisional: bool,
    engine: "Engine | None",
) -> "Outcome":
    """Run the day, show its steps and alert what failed; `took` gets the seconds of each step that ended."""
    from deskgate.run.daily import run_daily
    from deskgate.run.failed_runs import alert_ended, alerting_failure

    def show(gated: "Gated") -> None:
        if detail is not Detail.QUIET:
            # What is printed on stdout is the decision, once it is made.
            print_gates(gated.gates, err=True)
            print_rests_on(gated.rests_on, err=True)
            echo(f"{gated.result} by the gates; the pages follow, and one that fails makes a GO a HOLD", err=True)

    with alerting_failure(desk, out, day, now, print_note):
        # A volume that is not mounted stops an unattended run: that is alerted.
        require_files(desk, quiet=detail is Detail.QUIET)
        with progress_steps(detail, STAGES) as progress:
            outcome = run_daily(
                desk,
                day=day,
                as_of=as_of,
                out=out,
                suites=suites,
                provisional=provisional,
                now=now,
                progress=logged_steps(progress, took),
                on_gates=show,
                engine=engine,
            )
    alert_ended(desk, out, day, outcome.failures, now, print_note)
    return outcome
