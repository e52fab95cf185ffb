"""A backtest as tables of text, for a terminal and for Markdown, and as JSON for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import polars as pl

from deskgate.case.units import for_readers
from deskgate.config.instants import spans
from deskgate.config.plural import count_of
from deskgate.gates.backtest import ReplayedDay
from deskgate.reports.text_table import TextTable, markdown

__all__ = ["BacktestReport"]

KIND = "backtest"


@dataclass(frozen=True)
class BacktestReport:
    """What a backtest found; `suites` says which suites were replayed."""

    desk: str
    suites: str
    days: Sequence[ReplayedDay]
    costs: pl.DataFrame
    left_out: Mapping[str, Sequence[date]]
    notes: Sequence[str]

    @property
    def summary(self) -> str:
        """One line: how many days were replayed, and what of them would be another decision."""
        flipped = [each for each in self.days if each.flipped]
        moves = ", ".join(f"{each.day.date} {each.day.decision} -> {each.decision}" for each in flipped)
        false = sum(each.is_false_hold for each in self.days)
        left = sum(map(len, self.left_out.values()))
        return (
            f"{self.desk}: {count_of(len(self.days), 'day')} replayed, {count_of(len(flipped), 'decision')} would flip"
            f"{f' ({moves})' if moves else ''}, {count_of(false, 'false HOLD')}; {count_of(left, 'day')} not used"
        )

    @property
    def remarks(self) -> list[str]:
        """What a reader must know of the days: those that were not used and why, and how those that were used were measured."""
        return [*(f"not used, {why}: {spans(days)}" for why, days in self.left_out.items()), *self.notes]

    def tables(self) -> list[TextTable]:
        """Return the days, the verdicts that flip, and the critical entries that blocked a day."""
        days = [
            [str(each.day.date), each.day.decision, str(each.decision), str(len(each.flips)), _why(each)]
            for each in self.days
        ]
        flips = [
            [
                str(each.day.date),
                f"{flip.gate}#{flip.check}",
                flip.subject,
                flip.before,
                flip.now,
                _number(flip.observed),
            ]
            for each in self.days
            for flip in each.flips
        ]
        dearest = self.costs.filter(pl.col("blocked_verdicts") > 0).sort(
            "alone_days", "blocked_days", descending=True, maintain_order=True
        )
        costs = [_cost(row) for row in dearest.iter_rows(named=True)]
        return [
            TextTable("Days", ["day", "on record", "with these suites", "flips", "says"], days),
            TextTable("Verdicts that flip", ["day", "entry", "subject", "before", "now", "observed"], flips),
            TextTable(
                "What each threshold blocked, with these suites",
                [
                    *("entry", "bound", "days", "verdicts", "alone: days", "alone: verdicts"),
                    *("nearest pass", "misses by", "would block no day at"),
                ],
                costs,
            ),
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the backtest as JSON has it, with the costs of entries that blocked nothing too."""
        return {
            "kind": KIND,
            "desk": self.desk,
            "suites": self.suites,
            "days": [_day(each) for each in self.days],
            "costs": self.costs.to_dicts(),
            "left_out": {why: [day.isoformat() for day in days] for why, days in self.left_out.items()},
            "notes": list(self.notes),
        }

    def as_markdown(self) -> str:
        """Return the backtest as a heading, its remarks and its tables."""
        says = f"{self.summary}; suites: {self.suites}"
        return markdown(f"Backtest of {self.desk}", says, self.remarks, self.tables())


def _day(each: ReplayedDay) -> dict[str, Any]:
    return {
        "date": each.day.date.isoformat(),
        "recorded": each.day.decision,
        "replayed": str(each.decision),
        "flipped": each.flipped,
        "provisional": each.day.provisional,
        "awaits": each.day.awaits,
        "failures": list(each.day.failures),
        "hold": each.hold,
        "false_hold": each.is_false_hold,
        "flips": [asdict(flip) for flip in each.flips],
        "blockers": [f"{v.gate}#{v.check} of {v.subject}: {v.status}" for v in each.verdicts if v.blocks],
    }


def _why(each: ReplayedDay) -> str:
    parts = [each.hold] if each.hold else []
    parts += [f"the step {', '.join(each.day.failures)} failed"] if each.day.failures else []
    parts += ["looked at before the day was over"] if each.day.provisional else []
    parts += ["it awaited sign-offs alone"] if each.day.awaits else []
    return "; ".join(parts)


def _with_unit(value: float | None, unit: str | None) -> str:
    if value is None:
        return ""
    number, said = for_readers(value, unit or "")
    return f"{_number(number)} {said}".rstrip()


def _cost(row: Mapping[str, Any]) -> list[str]:
    names = ("nearest_pass", "nearest_miss", "farthest_miss")
    passed, near, far = (_with_unit(row[name], row["unit"]) for name in names)
    return [
        f"{row['gate']}#{row['check']}",
        row["bound"],
        *(str(row[name]) for name in ("blocked_days", "blocked_verdicts", "alone_days", "alone_verdicts")),
        passed,
        near if near == far else f"{near.split()[0]} to {far}",
        _clears(row),
    ]


def _clears(row: Mapping[str, Any]) -> str:
    if row["unmeasured"]:
        return f"no bound: {row['unmeasured']} without a value or with too small a sample"
    sides = [
        f"{'beyond' if row[f'strict_{side}'] else sign} {row[f'needed_{side}']!r}"
        for side, sign in (("min", ">="), ("max", "<="))
        if row[f"needed_{side}"] is not None
    ]
    return " and ".join(sides)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value + 0.0:.4g}"
