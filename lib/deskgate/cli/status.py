"""`deskgate status`: does the desk's last decision still hold?"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskgate.cli.echo import echo
from deskgate.cli.options import (
    REPORTS,
    DeskOption,
    JsonOption,
    MetricsOption,
    OutOption,
    SuitesOption,
    find_desk,
    handle_errors,
    print_note,
    refuse_missing,
)
from deskgate.config.instants import now

if TYPE_CHECKING:
    from deskgate.config.desk import Desk
    from deskgate.run.status import DeskStatus
    from deskgate.run.status_alerts import AlertedStatus

__all__ = ["status"]


@handle_errors
def status(
    desk: DeskOption = None,
    out: OutOption = REPORTS,
    suites: SuitesOption = None,
    alert: Annotated[
        bool,
        typer.Option("--alert", help="Alert each channel of a GO that lapsed and of a run that failed or did not end."),
    ] = False,
    as_json: JsonOption = False,
    measure: Annotated[
        bool,
        typer.Option(
            "--metrics", help="Write into the file of metrics whether it holds; --alert and --metrics-file do so too."
        ),
    ] = False,
    metrics: MetricsOption = None,
) -> None:
    """Show the last decision and whether it has lapsed: expired, changed, or blocked since; exit 0 only on a GO that holds."""
    from deskgate.cli.terminal import print_rests_on
    from deskgate.reports.pages.banner import decision_rests_on
    from deskgate.run.status import desk_status

    alerted: AlertedStatus | None = None
    with _noting(desk, out, suites, metrics, wanted=alert or measure or metrics is not None) as (where, note):
        if alert:
            from deskgate.run.status_alerts import alert_status

            alerted = alert_status(where, out, now, print_note, suites=suites)
            note(alerted.status)
            found = alerted.result()
        else:
            refuse_missing(out)
            found = desk_status(where, out, now(), suites=suites)
            note(found)
    decision = found.decision or {}
    if as_json:
        shown = {
            name: decision.get(name) for name in ("decision", "date", "as_of", "expires_at", "bundle_id", "run_id")
        } | {name: decision.get(name, []) for name in ("waivers", "accepted")}
        told: dict[str, object] = {"lapsed": list(found.lapsed), "unsigned": list(found.unsigned)}
        told |= {"alert": alerted.as_json()} if alerted else {}
        echo(json.dumps({"desk": where.name, "go": found.is_go, **shown, "stands_as": found.word, **told}, indent=1))
        raise typer.Exit(0 if found.is_go else 1)
    if decision:
        holds = "lapsed" if found.lapsed else f"holds until {decision['expires_at']}"
        signed = ", signed" if found.word != decision["decision"] else ""
        echo(f"{where.name}: {found.word} of {decision['date']} as of {decision['as_of']}{signed}, {holds}")
        print_rests_on(decision_rests_on({**decision, "decision": found.word}))
        for role in found.unsigned:
            echo(
                f"- it awaits the sign-off of {role}: `deskgate sign --role {role} --by NAME --date {decision['date']}`"
            )
    else:
        echo(f"{where.name}: nothing is decided")
    for why in found.lapsed:
        echo(f"- {why}")
    if alerted:
        said = [cause.says for cause in alerted.causes if not cause.says.endswith(found.lapsed or ("\n",))]
        echo("\n".join([*(f"- {each}" for each in said), alerted.sent.sentence if alerted.sent else "No alert is due"]))
    raise typer.Exit(0 if found.is_go else 1)


@contextmanager
def _noting(
    desk: Path | None, out: Path, suites: Path | None, metrics: Path | None, *, wanted: bool
) -> "Iterator[tuple[Desk, Callable[[DeskStatus | None], None]]]":
    """Yield the desk and what takes how it stands, which is then in the file of metrics where that is `wanted`.

    Where nothing is handed over, for the command was refused before it looked, it is looked here: an old GO does not stay.
    """
    if not wanted:
        yield find_desk(desk), lambda _: None
        return
    from deskgate.run.monitoring import Monitor, metrics_file

    monitor = Monitor.find(desk, out, metrics, now, print_note, suites, is_run=False)
    since, seen = now(), list["DeskStatus | None"]()
    try:
        metrics_file(monitor.desk, out, metrics)
        yield monitor.desk, seen.append
    finally:
        if seen:
            monitor.looked(seen[0], since)
        else:
            monitor.look()
