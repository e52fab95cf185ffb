"""Propose each bound of a desk's suites from its own days on record, and say what the present and the proposed ones cost.

Nothing is changed: the proposal is a diff of the suites, to be read, replayed by `backtest` and taken over by somebody.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from deskgate.assessment.artifacts import MANIFEST
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.paths import SUITES, suites_folder
from deskgate.gates.calibration.costs import Folds, alarms_together, alarms_without, folds_of, powers
from deskgate.gates.calibration.kinds import not_calibrated
from deskgate.gates.calibration.propose import MONTH_DAYS, Proposal, propose, with_bounds
from deskgate.gates.calibration.result import Calibrated, Calibration, changes_of
from deskgate.gates.calibration.values import History, columns_of, held, history_of
from deskgate.gates.suites import Suite, load_suites
from deskgate.reports.pages.day_names import is_day_name
from deskgate.run.backtest import backtest
from deskgate.run.clean_days import CleanDays
from deskgate.run.planted_records import plant_in_records

__all__ = ["DEFAULT_PER_MONTH", "calibrate"]

# The smallest whole rate that a month of clean days bears out: one in 30 needs 29 of them.
DEFAULT_PER_MONTH = 1.0


def calibrate(
    desk: Desk,
    out: Path,
    *,
    first: date | None = None,
    last: date | None = None,
    gate: str | None = None,
    suites: Path | None = None,
    per_month: float = DEFAULT_PER_MONTH,
    left_out: Collection[date] = (),
    plant: int = 0,
) -> Calibration:
    """Propose the bounds of a desk.

    Parameters
    ----------
    first, last
        The span of days; None: the first and the last that `out` has.
    gate
        Whose bounds are calibrated; None: those of all gates.
    suites
        The folder of the suites whose bounds are calibrated; None: the desk's own.
    per_month
        How many clean days a month all proposed bounds together may block.
    left_out
        Days that are known not to be clean.
    plant
        Into the records of how many clean days faults are put.

    Raises
    ------
    InputError
        There is no day, none of the span can be used, or an option makes no sense.
    """
    if not 0 < per_month < MONTH_DAYS:
        raise InputError(
            f"--false-alarms is {per_month:g}, expected more than 0 and less than {MONTH_DAYS}: days a month; give such a number"
        )
    loaded, floor = load_suites(suites_folder(desk, suites)), load_suites(SUITES)
    if gate is not None and gate not in loaded:
        raise InputError(
            f"--gate '{gate}' is no gate{did_you_mean(gate, loaded)}, expected one of {', '.join(loaded)}; correct it"
        )
    wanted = {name: suite for name, suite in loaded.items() if gate in (None, name)}
    names = sorted(file.parent.name for file in out.glob(f"*/{MANIFEST}"))
    span = [date.fromisoformat(name) for name in names if is_day_name(name)]
    if not span:
        raise InputError(f"{out}: no day there, expected those that `deskgate daily` made; give that run's --out")
    begin, end = first or span[0], last or span[-1]
    if begin > span[-1] or end < span[0]:
        raise InputError(
            f"{out}: has days from {span[0]} to {span[-1]}, expected one from {begin} to {end}; give another --from or --to"
        )
    found = backtest(desk, out, first=begin, last=end, suites=suites)
    clean, rows, not_clean = CleanDays(out, left_out), {}, dict[str, list[date]]()
    for replayed, metrics in zip(found.days, found.metrics, strict=True):
        if why := clean.why_not(replayed.day, metrics):
            not_clean.setdefault(why, []).append(replayed.day.date)
        else:
            rows[replayed.day.date] = held(replayed, metrics, loaded)
    history = history_of(rows, columns_of(wanted), [*(bot.name for bot in desk.judged), PORTFOLIO])
    proposing = partial(propose, suites=loaded, floor=floor, per_month=per_month)
    folds = folds_of(history, proposing)
    return Calibration(
        per_month=per_month,
        days=list(rows),
        not_clean=not_clean,
        left_out=found.left_out,
        notes=found.notes,
        entries=_entries(history, folds, proposing(history)),
        chosen=_chosen(wanted),
        blocking=alarms_together(history, folds, blocks=True),
        warning=alarms_together(history, folds, blocks=False),
        records=plant_in_records(desk, out, _suites_by_day(history, folds, loaded, plant)) if plant else [],
    )


def _entries(history: History, folds: Folds, proposals: Sequence[Proposal]) -> list[Calibrated]:
    alarms = alarms_without(history, folds)
    found = []
    for place, proposal in enumerate(proposals):
        column = history.columns[place]
        known = np.isfinite(history.values[:, place])
        values = (column.sign * history.values[known, place] + 0.0).tolist()
        unmeasured = int(len(known) - known.sum()) if history.fewest[place][0] else 0
        found.append(Calibrated(proposal, values, unmeasured, *alarms[place], powers(history, folds, place)))
    return found


def _chosen(suites: Mapping[str, Suite]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for gate, suite in suites.items():
        for entry in suite.expectations:
            if why := not_calibrated(gate, entry):
                found.setdefault(why, []).append(f"{gate}#{entry.meta.entry}")
    return found


def _suites_by_day(
    history: History, folds: Folds, suites: Mapping[str, Suite], plant: int
) -> dict[date, tuple[Mapping[str, Suite], Mapping[str, Suite]]]:
    """Return so many of the clean days, evenly spread, each with the present suites and those proposed from the other weeks."""
    places = np.unique(np.linspace(0, len(history.days) - 1, min(plant, len(history.days))).round().astype(int))
    return {
        history.days[place]: (suites, with_bounds(suites, changes_of(folds[int(history.weeks[place])])))
        for place in places
    }
