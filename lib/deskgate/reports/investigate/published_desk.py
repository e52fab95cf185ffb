"""A desk as a person opens it in a notebook or a console: its bots, and the days that were published of it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - `date` is a parameter here
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.assessment.evidence import refuse_other_desk
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.open_runs import open_runs
from deskgate.audit.recorded import Recorded
from deskgate.config.desk import Desk
from deskgate.config.desk_file import find_desk, load_desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.reports.day import Day
from deskgate.reports.investigate.names import Suggests
from deskgate.reports.investigate.shown import shown_html
from deskgate.reports.pages.day_names import known_days
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.unreliable import unreliable
from deskgate.reports.published_days import NO_NUMBERS
from deskgate.reports.tables import table

__all__ = ["PublishedDesk", "open_desk"]

REPORTS = "reports"
_DAYS = "????-??-??"
# Days that an error or a repr lists.
_SHOWN = 10
_SCHEMA = {
    **dict.fromkeys(("date", "decision", "as_of", "expires"), pl.String()),
    **dict.fromkeys(("blockers", "failed_steps"), pl.Int64()),
    "note": pl.String(),
}


@dataclass(frozen=True)
class PublishedDesk(Suggests):
    """A desk and the days that `deskgate daily` published of it in `out`."""

    desk: Desk
    out: Path

    @property
    def name(self) -> str:
        """The desk's name."""
        return self.desk.name

    @property
    def bots(self) -> pl.DataFrame:
        """The bots as desk.toml has them now: bot, mode, connector, pairs, shadow."""
        rows = [
            (name, str(bot.mode), ", ".join(bot.connectors), ", ".join(bot.pairs), bot.shadow)
            for name, bot in self.desk.bots.items()
        ]
        columns = ("bot", "mode", "connector", "pairs", "shadow")
        return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")

    @property
    def dates(self) -> list[str]:
        """The days, the oldest first: those that have a folder, a run that has not ended, or a decision in the audit trail."""
        return known_days(self.out, (*open_runs(self.out), *Recorded.read(self.out).decisions))

    @property
    def days(self) -> pl.DataFrame:
        """The days with their decisions, the newest first; also those whose run failed or has not ended.

        Returns
        -------
        polars.DataFrame
            date, decision (with the sign-offs it has by now; null where there is none), as_of, expires (until when it can hold),
            blockers, failed_steps, note (why it is not to be relied on, as far as its decision and the audit trail show; a day's
            own files are verified when it is opened).
        """
        later = Later.read(self.out)
        rows = [_row(self.desk, self.out / name, later) for name in reversed(self.dates)]
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")

    def day(self, date: str | Date = "") -> Day:
        """Return a published day; empty: the last one, never an older one in its place.

        Raises
        ------
        InputError
            There is no such day, its run left no numbers, or it is of another desk or cannot be read.
        """
        known = self.dates
        if not known:
            raise InputError(f"{self.out}: no published day there, {self._elsewhere()}")
        wanted = date.isoformat() if isinstance(date, Date) else date or known[-1]
        if not isinstance(wanted, str) or wanted not in known:
            raise InputError(self._unknown(wanted, known))
        if not self.has_numbers(wanted):
            raise InputError(self._without_numbers(wanted, known))
        artifacts = DayArtifacts.open(self.out / wanted)
        refuse_other_desk(artifacts, self.desk)
        return Day(self.desk, artifacts, self.out)

    def has_numbers(self, date: str) -> bool:
        """Return whether the run of a day got as far as to leave numbers, so that it can be opened."""
        return (self.out / date / MANIFEST).is_file()

    def __getitem__(self, date: str | Date) -> Day:
        """Return `day(date)`."""
        return self.day(date)

    def _ipython_key_completions_(self) -> list[str]:
        return self.dates

    def _unknown(self, wanted: object, known: list[str]) -> str:
        if not isinstance(wanted, str):
            return f"a day is a text such as '{known[-1]}' or a datetime.date, got {wanted!r}"
        listed = ", ".join(known[-_SHOWN:])
        more = f" (the last {_SHOWN} of {len(known)})" if len(known) > _SHOWN else ""
        return (
            f"{self.out}: no published day '{wanted}' there{did_you_mean(wanted, known)}, expected one of {listed}{more};"
            " `deskgate daily --date DAY` runs another one"
        )

    def _without_numbers(self, wanted: str, known: list[str]) -> str:
        row = _row(self.desk, self.out / wanted, Later.read(self.out))
        stands, note = row[1], row[-1]
        opened = [name for name in known if self.has_numbers(name)]
        other = f", or open the last day that has numbers with desk.day('{opened[-1]}')" if opened else ""
        return (
            f"{self.out / wanted}: {note}{f', decision {stands}' if stands else ''}; expected the numbers of its run:"
            f" `deskgate daily --date {wanted}` runs it again{other}"
        )

    def _elsewhere(self) -> str:
        """Return where days of this desk may lie, as what to type."""
        places = [self.desk.root / REPORTS, self.desk.root.parent, *sorted(self.out.glob("*"))]
        found = [
            place
            for place in places
            if place.resolve() != self.out.resolve() and any(place.glob(f"{_DAYS}/{MANIFEST}"))
        ]
        if found:
            return (
                f"expected the --out of `deskgate daily`; did you mean open_desk('{self.desk.file}', out='{found[0]}')?"
            )
        return "expected the --out of `deskgate daily`; run it first, or give open_desk its `out`"

    def __repr__(self) -> str:
        """Return the desk with its bots and its last days."""
        return f"{self._headline}\n{table(self.bots)!r}\n{table(self.days, limit=_SHOWN)!r}"

    def _repr_html_(self) -> str:
        return shown_html(self._headline, (), [("", self.bots), ("", self.days)], limit=_SHOWN)

    @cached_property
    def _headline(self) -> str:
        return f"desk {self.name} ({self.desk.file}), days in {self.out}; next: desk.day('YYYY-MM-DD'), or desk.day() for the last one"


def open_desk(desk: str | Path = ".", out: str | Path = REPORTS) -> PublishedDesk:
    """Open a desk and the days that were published of it; nothing is read of its records yet.

    Parameters
    ----------
    desk
        A desk's folder or its desk.toml; ".": as the commands find it (config/desk.toml here, else the nearest desk.toml upwards).
    out
        Where its days lie: the --out of `deskgate daily`.

    Raises
    ------
    InputError
        There is no desk there, or its desk.toml cannot be read.

    Examples
    --------
    >>> desk = open_desk("reports/demo/desk", out="reports/demo")
    >>> desk.day("2026-03-05")
    """
    found = find_desk(None) if str(desk) == "." else load_desk(Path(desk).expanduser())
    return PublishedDesk(found, Path(out).expanduser())


def _row(desk: Desk, folder: Path, later: Later) -> tuple[Any, ...]:
    decision = None
    with suppress(InputError):
        decision = load_decision(folder / DECISION)
    notes = list(unreliable(folder, decision, desk.name, later))
    if decision is None:
        return (folder.name, *(None,) * 5, "; ".join(notes))
    if not (folder / MANIFEST).is_file():
        notes.append(NO_NUMBERS)
    instants = (str(decision[name]) if name in decision else None for name in ("as_of", "expires_at"))
    return (folder.name, later.stands_as(decision), *instants, *_numbers(decision), "; ".join(notes) or None)


def _numbers(decision: Mapping[str, Any]) -> tuple[int | None, ...]:
    lists = (decision.get(name) for name in ("blockers", "failures"))
    return tuple(len(each) if isinstance(each, list) else None for each in lists)
