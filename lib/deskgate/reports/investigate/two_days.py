"""Two days of one desk side by side: what turned, what moved, what is new, what of the configuration is another one."""

from dataclasses import dataclass

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.config.errors import InputError
from deskgate.config.settings import settings_changes
from deskgate.reports.daily_report.changes import break_changes
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.flips import flipped
from deskgate.reports.daily_report.numbers import main_numbers
from deskgate.reports.investigate.names import Suggests
from deskgate.reports.investigate.shown import shown_html
from deskgate.reports.tables import table

__all__ = ["TwoDays", "compare_days"]

_KEYS = dict.fromkeys(("file", "key", "before", "now"), pl.String())
_SHOWN = 20


@dataclass(frozen=True)
class TwoDays(Suggests):
    """What differs between two days, `before` the earlier one.

    Parameters
    ----------
    title
        Which days, and by which decisions.
    verdicts
        Those that are another one: before, now, gate, subject, severity, checks (how many), which; worst first.
    numbers
        Those that moved: subject, number, before, now, change, unit, bound, note.
    breaks
        change (new, older, gone), what, kind, bot, severity, status, breaks (how many), value (quote), note, first_seen.
    settings
        Keys of desk.toml, of the bots' configuration and of the suites that changed: file, key, before, now.
    notes
        What could not be compared.
    """

    title: str
    verdicts: pl.DataFrame
    numbers: pl.DataFrame
    breaks: pl.DataFrame
    settings: pl.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Return each part as a short table of text."""
        parts = [f"{name}: {table(rows, limit=_SHOWN)!r}" for name, rows in self._parts()]
        return "\n\n".join([self.title, *self.notes, *parts])

    def _repr_html_(self) -> str:
        return shown_html(self.title, self.notes, self._parts(), limit=_SHOWN)

    def _parts(self) -> list[tuple[str, pl.DataFrame]]:
        return [
            ("verdicts", self.verdicts),
            ("numbers", self.numbers),
            ("breaks", self.breaks),
            ("settings", self.settings),
        ]


def compare_days(one: DayArtifacts, other: DayArtifacts) -> TwoDays:
    """Compare two days of one desk, given in any order; what neither of them kept is named in the notes.

    Raises
    ------
    InputError
        They are of two desks, or one day twice.
    """
    if one.inputs.desk != other.inputs.desk:
        raise InputError(
            f"{other.folder}: of the desk '{other.inputs.desk}', expected '{one.inputs.desk}'; compare days of one desk"
        )
    if one.folder.resolve() == other.folder.resolve():
        raise InputError(f"{one.folder}: is compared with itself, expected another day; `desk.days` lists them")
    before, now = (DayFiles(each) for each in sorted((one, other), key=lambda each: each.inputs.as_of))
    notes, keys = [], pl.DataFrame(schema=_KEYS)
    if before.settings is None or now.settings is None:
        lacking = before if before.settings is None else now
        notes.append(f"{lacking.date} kept no values of the configuration: settings are not compared.")
    else:
        changes = settings_changes(before.settings, now.settings)
        rows = [(each.file, each.key, each.before, each.now) for each in changes]
        keys = pl.DataFrame(rows, schema=_KEYS, orient="row")
    if before.artifacts.inputs.code != now.artifacts.inputs.code:
        notes.append("They were run by different code, whose formulas may differ.")
    numbers = main_numbers(ReportDays(now, before))
    return TwoDays(
        f"{now.artifacts.inputs.desk}: {before.date} ({before.word} by its verdicts) -> {now.date} ({now.word} by its verdicts)",
        flipped(before, now).drop("direction"),
        numbers.filter(pl.col("change").is_null() | (pl.col("change") != 0)),
        break_changes(before, now),
        keys,
        tuple(notes),
    )
