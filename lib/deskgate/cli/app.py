"""The command line assembled: one module a command group."""

import typer

from deskgate.cli.act import act
from deskgate.cli.audit import audit
from deskgate.cli.audit_desk import audit_desk
from deskgate.cli.backtest import backtest
from deskgate.cli.baseline import baseline
from deskgate.cli.breaks import breaks
from deskgate.cli.calibrate import calibrate
from deskgate.cli.checklist import checklist
from deskgate.cli.daily import daily
from deskgate.cli.demo import demo
from deskgate.cli.doctor import doctor
from deskgate.cli.drill import drill
from deskgate.cli.gates import gates
from deskgate.cli.incident import incident
from deskgate.cli.init import init
from deskgate.cli.lab import lab
from deskgate.cli.ladder import ladder
from deskgate.cli.report import report
from deskgate.cli.schedule import schedule
from deskgate.cli.serve import serve
from deskgate.cli.sign import sign
from deskgate.cli.snapshot import snapshot
from deskgate.cli.status import status
from deskgate.cli.store import ingest, store
from deskgate.cli.verify import verify
from deskgate.cli.waive import waive
from deskgate.cli.watch import watch

__all__ = ["app"]

app = typer.Typer(
    name="deskgate",
    help="Daily, evidence-backed GO / HOLD / STOP for desks that let Hummingbot trade.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    *(daily, gates, status, doctor, report, lab, ladder, backtest, calibrate, audit_desk),
    *(act, watch, demo, init, snapshot, ingest, schedule, serve, verify, sign),
):
    app.command()(command)
for name, group in (
    ("baseline", baseline),
    ("store", store),
    ("breaks", breaks),
    ("checklist", checklist),
    ("drill", drill),
    ("audit", audit),
    ("incident", incident),
    ("waive", waive),
):
    app.add_typer(group, name=name)
