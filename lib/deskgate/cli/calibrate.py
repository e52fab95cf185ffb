"""`deskgate calibrate`: bounds proposed from a desk's own days on record, what they cost, and the diff of its suites to review."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    DeskOption,
    JsonOption,
    MarkdownOption,
    OutOption,
    SuitesOption,
    find_desk,
    handle_errors,
    parse_span,
    refuse_missing,
    refuse_together,
)
from deskgate.cli.terminal import print_report
from deskgate.config.errors import InputError
from deskgate.config.instants import now, parse_day

if TYPE_CHECKING:
    from deskgate.reports.calibration_report import CalibrationReport

__all__ = ["calibrate"]


@handle_errors
def calibrate(
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    first: Annotated[
        str | None, typer.Option("--from", help="The first UTC day, YYYY-MM-DD; default: the first there.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="The last UTC day, YYYY-MM-DD; default: the last there.")
    ] = None,
    gate: Annotated[str | None, typer.Option("--gate", help="Show and propose the bounds of this gate alone.")] = None,
    suites: SuitesOption = None,
    false_alarms: Annotated[
        float | None,
        typer.Option(
            "--false-alarms", help="How many clean days a month all proposed bounds together may block; default: 1."
        ),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", help="A day of which you know that it was not clean; may be given again."),
    ] = None,
    plant: Annotated[
        int,
        typer.Option("--plant", min=0, help="Put faults into the records of so many clean days too, from the store."),
    ] = 0,
    write: Annotated[
        Path | None, typer.Option("--write", help="A new folder for the proposed suites; nothing is ever overwritten.")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="A new SVG file for the power of the proposed bounds by size.")
    ] = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """Propose each bound from the desk's days on record: false alarms, faults missed, and the suites' diff; nothing is changed."""
    from deskgate.config.paths import suites_folder
    from deskgate.gates.calibration.suite_files import suites_diff, write_suites
    from deskgate.reports.calibration_report import CalibrationReport
    from deskgate.run.calibrate import DEFAULT_PER_MONTH
    from deskgate.run.calibrate import calibrate as run

    refuse_together(json=as_json, markdown=markdown)
    where = find_desk(desk)
    refuse_missing(out)
    for target in (write, chart):
        # Said before the work, not after it.
        if target is not None and target.exists():
            raise InputError(f"{target}: is there already, and nothing is overwritten; name a new one")
    today = now().date()
    begin, end = parse_span(first, last, today)
    found = run(
        where,
        out,
        first=begin,
        last=end,
        gate=gate,
        suites=suites,
        per_month=DEFAULT_PER_MONTH if false_alarms is None else false_alarms,
        left_out=[parse_day(text, "--leave-out", today) for text in leave_out or ()],
        plant=plant,
    )
    folder = suites_folder(where, suites)
    report = CalibrationReport(where.name, str(folder), found, suites_diff(folder, found.changes))
    if write is not None:
        write_suites(folder, found.changes, write)
    if chart is not None:
        _draw(report, chart)
    if as_json:
        echo(json.dumps(report.as_json(), indent=1))
    elif markdown:
        echo(report.as_markdown())
    else:
        says = f"{report.summary}; the proposed suites are in {write}" if write else report.summary
        print_report(report.tables(), report.remarks, "\n".join(part for part in (report.diff, says) if part))


def _draw(report: "CalibrationReport", file: Path) -> None:
    from deskgate.reports.charts.power import power_curves
    from deskgate.reports.pages.svg import svg_document

    drawn = svg_document(power_curves(report.powers()).to_dict())
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(drawn)
    except FileExistsError as error:
        raise InputError(f"{file}: is there already, expected a new file for the chart; name another one") from error
    except OSError as error:
        raise InputError(
            f"{file}: cannot be written ({error.strerror}), expected a new file; name another one"
        ) from error
