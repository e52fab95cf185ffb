"""A calibration as tables of text, for a terminal and for Markdown, and as JSON for machines."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import polars as pl

from deskgate.case.units import for_readers
from deskgate.config.instants import spans
from deskgate.config.plural import count_of
from deskgate.gates.calibration.costs import SIZES, Alarms, Power
from deskgate.gates.calibration.result import Calibrated, Calibration, Noticed
from deskgate.reports.text_table import TextTable, markdown

__all__ = ["CalibrationReport"]

KIND = "calibration"
_POWERS = {"entry": pl.String, "bound": pl.String, "part": pl.Float64, "noticed": pl.Float64}


@dataclass(frozen=True)
class CalibrationReport:
    """A calibration of a desk; `suites` says whose bounds were calibrated, `diff` what would change in them."""

    desk: str
    suites: str
    found: Calibration
    diff: str

    @property
    def summary(self) -> str:
        """One line: how many clean days, how many bounds would be others, and what they cost together."""
        before, after = self.found.blocking
        proposed = sum(each.proposal.value is not None for each in self.found.entries)
        return (
            f"{self.desk}: {count_of(len(self.found.days), 'clean day')}, {count_of(proposed, 'bound')} proposed; days a month that the calibrated entries"
            f" block though clean: {_rate(before)} now, {_rate(after)} with them (asked: {self.found.per_month:g}); nothing was changed"
        )

    @property
    def remarks(self) -> list[str]:
        """What a reader must know: which days counted and why others did not, what is not calibrated, and how it was counted."""
        found = self.found
        counted = (
            [f"clean days: {spans(found.days)}"] if found.days else ["no day is clean, so that nothing is proposed"]
        )
        chosen = [f"{why}: {count_of(len(names), 'entry', 'entries')}" for why, names in found.chosen.items()]
        warned = [f"{_rate(each)} {when}" for each, when in zip(found.warning, ("now", "with them"), strict=True)]
        return [
            *counted,
            *(f"not clean, {why}: {spans(days)}" for why, days in found.not_clean.items()),
            *(f"not used, {why}: {spans(days)}" for why, days in found.left_out.items()),
            *found.notes,
            *chosen,
            f"clean days a month with a warning of the calibrated entries: {', '.join(warned)}",
            "with it, with them: each week's days are held against the bounds proposed from the other weeks; [..]: exact 95 % interval (Clopper-Pearson)",
            "faults missed: a fault of each size is added to the metric of one bot on each clean day; no record is changed",
        ]

    def tables(self) -> list[TextTable]:
        """Return what is proposed, its power by size, what is not proposed, and what faults in records showed."""
        proposed = [each for each in self.found.entries if each.proposal.value is not None]
        kept = [each for each in self.found.entries if each.proposal.value is None]
        return [
            TextTable(
                "Proposed bounds",
                [
                    *("entry", "severity", "present", "proposed", "clean days: median, most"),
                    *("false alarms a month now", "with it", "faults missed now", "with it", "why"),
                ],
                [_proposed(each, value) for each in proposed if (value := each.proposal.value) is not None],
            ),
            TextTable(
                "Power: faults noticed by size, now -> with the proposed bound",
                ["entry", *(f"size {n}" for n in range(1, 1 + max((len(each.power) for each in proposed), default=0)))],
                [[_name(each), *map(_noticed_share, each.power)] for each in proposed],
            ),
            TextTable(
                "Not proposed",
                ["entry", "present", "clean days", "unmeasured", "median, most", "false alarms a month now", "why"],
                [_kept(each) for each in kept],
            ),
            TextTable(
                "Faults put into records",
                ["fault", "size", "put in", "noticed now", "with the proposed bounds", "by"],
                _in_records(self.found.records),
            ),
        ]

    def powers(self) -> pl.DataFrame:
        """Return the power of the proposed bounds, for `charts.power`: entry, bound, part and noticed, one row per size."""
        rows = [
            (_name(each), bound, part, getattr(power, when) / power.planted)
            for each in self.found.entries
            if each.proposal.value is not None
            for part, power in zip(SIZES, each.power, strict=False)
            for bound, when in (("present", "before"), ("proposed", "after"))
        ]
        return pl.DataFrame(rows, schema=_POWERS, orient="row")

    def as_json(self) -> dict[str, Any]:
        """Return the calibration as JSON has it, with every entry, all sizes, and the diff."""
        found = self.found
        return {
            "kind": KIND,
            "desk": self.desk,
            "suites": self.suites,
            "asked_per_month": found.per_month,
            "days": [day.isoformat() for day in found.days],
            "not_clean": {why: [day.isoformat() for day in days] for why, days in found.not_clean.items()},
            "left_out": {why: [day.isoformat() for day in days] for why, days in found.left_out.items()},
            "notes": list(found.notes),
            "blocking": [_alarms(each) for each in found.blocking],
            "warning": [_alarms(each) for each in found.warning],
            "entries": [_entry(each) for each in found.entries],
            "not_calibrated": {why: list(names) for why, names in found.chosen.items()},
            "records": [asdict(each) | {"day": each.day.isoformat()} for each in found.records],
            "diff": self.diff,
        }

    def as_markdown(self) -> str:
        """Return the calibration as a heading, its remarks, its tables and the diff."""
        text = markdown(
            f"Calibration of {self.desk}", f"{self.summary}; suites: {self.suites}", self.remarks, self.tables()
        )
        # The texts of a suite are somebody's own: a line of backticks in them must not end the block.
        return f"{text}\n\n````diff\n{self.diff}````" if self.diff else text


def _name(each: Calibrated) -> str:
    column = each.proposal.column
    side = "" if None in (column.entry.kwargs.min_value, column.entry.kwargs.max_value) else f" {column.side[:3]}"
    return f"{column.gate}#{column.entry.meta.entry}{side}"


def _bound(each: Calibrated, value: float) -> str:
    column = each.proposal.column
    upper = column.sign > 0
    return f"{'<' if upper else '>'}{'' if column.strict else '='} {value:.10g}"


def _present(each: Calibrated) -> str:
    column = each.proposal.column
    return _bound(each, column.sign * column.bound)


def _proposed(each: Calibrated, value: float) -> list[str]:
    return [
        _name(each),
        each.proposal.column.entry.severity,
        _present(each),
        _bound(each, value),
        _spread(each),
        _rate(each.before),
        _rate(each.after),
        _missed(each.power, "before"),
        _missed(each.power, "after"),
        each.proposal.why,
    ]


def _kept(each: Calibrated) -> list[str]:
    unmeasured = str(each.unmeasured) if each.unmeasured else ""
    return [
        _name(each),
        _present(each),
        str(len(each.values)),
        unmeasured,
        _spread(each),
        _rate(each.before),
        each.proposal.why,
    ]


def _spread(each: Calibrated) -> str:
    if not each.values:
        return ""
    most = max(each.values) if each.proposal.column.sign > 0 else min(each.values)
    return f"{median(each.values):.3g}, {most:.3g}"


def _rate(alarms: Alarms) -> str:
    if alarms.per_month is None:
        return "not known"
    low, high = alarms.interval
    return f"{alarms.per_month:.2g} [{low:.2g} .. {high:.2g}]"


def _missed(power: Sequence[Power], when: str) -> str:
    planted = sum(each.planted for each in power)
    noticed = sum(getattr(each, when) for each in power)
    return f"{planted - noticed} of {planted}" if planted else ""


def _noticed_share(power: Power) -> str:
    return f"+{power.size:.3g}: {power.before / power.planted:.0%} -> {power.after / power.planted:.0%}"


def _in_records(records: Iterable[Noticed]) -> list[list[str]]:
    groups: dict[tuple[str, float, str], list[Noticed]] = {}
    for each in records:
        groups.setdefault((each.fault, each.size, each.unit), []).append(each)
    return [
        [
            fault,
            "{:g} {}".format(*for_readers(size, unit)),
            str(len(mine)),
            str(sum(bool(each.before) for each in mine)),
            str(sum(bool(each.after) for each in mine)),
            ", ".join(sorted({entry for each in mine for entry in each.after})),
        ]
        for (fault, size, unit), mine in groups.items()
    ]


def _alarms(alarms: Alarms) -> dict[str, Any]:
    return {**asdict(alarms), "per_month": alarms.per_month, "interval": list(alarms.interval)}


def _entry(each: Calibrated) -> dict[str, Any]:
    column = each.proposal.column
    return {
        "gate": column.gate,
        "entry": column.entry.meta.entry,
        "severity": column.entry.severity,
        "side": column.side,
        "present": column.sign * column.bound,
        "proposed": each.proposal.value,
        "why": each.proposal.why,
        "values": list(each.values),
        "unmeasured": each.unmeasured,
        "before": _alarms(each.before),
        "after": _alarms(each.after),
        "power": [asdict(power) for power in each.power],
    }
