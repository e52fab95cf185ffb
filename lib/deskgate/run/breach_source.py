"""Where an action's breaches come from: the verdicts of the last run, or those of this instant."""

from datetime import datetime
from pathlib import Path

from deskgate.assessment.artifacts import MANIFEST
from deskgate.assessment.assessment import assess
from deskgate.assessment.evidence import open_verified
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import stamp
from deskgate.config.paths import suites_folder
from deskgate.controls.breaches import Breach, breaches, breaches_of
from deskgate.gates.decision import VALID_FOR
from deskgate.gates.suites import load_suites
from deskgate.store.tables import Store

__all__ = ["breaches_now", "breaches_of_last_day"]


def breaches_of_last_day(desk: Desk, out: Path, now: datetime, *, suites: Path | None = None) -> list[Breach]:
    """Return the breaches of the last day that was run, as its verdicts say.

    Raises
    ------
    InputError
        No day was run, it has expired, it was judged by other suites, or it is not as its run left it.
    """
    days = sorted(file.parent for file in out.glob(f"????-??-??/{MANIFEST}"))
    if not days:
        raise InputError(f"{out}: no day there, expected one that `deskgate daily` made; run it, or give --now")
    artifacts, loaded = open_verified(days[-1]), load_suites(suites_folder(desk, suites))
    inputs = artifacts.inputs
    if inputs.desk != desk.name:
        raise InputError(f"{days[-1]}: is of the desk '{inputs.desk}', expected '{desk.name}'; give that desk's --out")
    if now - inputs.as_of > VALID_FOR:
        raise InputError(
            f"{days[-1]}: speaks for {stamp(inputs.as_of)}, expected an instant of the last 24 h; run `deskgate daily`, or"
            " give --now"
        )
    if inputs.suites != {name: suite.sha256 for name, suite in loaded.items()}:
        raise InputError(f"{days[-1]}: was judged by other suites than those in use; run `deskgate daily` again")
    return breaches_of(loaded, artifacts.verdicts(), desk, inputs.date)


def breaches_now(desk: Desk, store: Store, now: datetime, *, suites: Path | None = None) -> list[Breach]:
    """Return the breaches of this instant's UTC day, by what the store holds; only gates that call for an action are judged."""
    loaded = load_suites(suites_folder(desk, suites))
    gates = tuple(gate for gate, suite in loaded.items() if any(entry.meta.action for entry in suite.expectations))
    return breaches(assess(desk, store, day=now.date(), as_of=now, suites=suites, gates=gates)) if gates else []
