"""One cause of blocking verdicts as a record: what it is, what is at stake, and the one order in which causes are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from deskgate.config.plural import count_of

__all__ = [
    "CAPS",
    "MONEY",
    "OF_BREAKS",
    "BlockingCause",
    "Kind",
    "causes_frame",
    "order_of",
    "parse_causes",
    "worst_first",
]

# The gate of caps.
CAPS = "portfolio_risk"
# What the money of a cause is.
OF_BREAKS, OVER_CAP, OF_BOTH = MONEY = ("value of its breaks", "over the cap", "breaks, or over the cap")
# Ids of breaks that one line names.
_IDS_NAMED = 3


class Kind(StrEnum):
    """Why verdicts block, worst first."""

    STOP = "stop condition"
    FAILED = "failed"
    LACKING = "lacking"
    UNMEASURED = "not measured"
    TIME = "needs time"
    DAY = "day not over"


@dataclass(frozen=True)
class BlockingCause:
    """One cause: what lacks, failed or happened (`cause`), and what to do about it first (`remedy`), as sentences.

    `verdicts` counts the blocking verdicts of this group, `waiting` those too that wait for it and for something that stands before it; a cause
    with `verdicts` 0 is only in the way of others. `gates`, `subjects` and `checks` (gate, check, subject) are of the group; `reason`
    is that of its first verdict.

    `value_quote` is what is at stake in `quote`, None where nobody can say it; `value_note` then says why, and is empty where no money
    is measured. `breaks` are the ids of the breaks that the group counts, `since` the instant (ISO 8601) of the first fact behind it, empty where
    none has one. `meanwhile` names an event of the same hours of which nothing shows that it is the cause.
    """

    kind: Kind
    cause: str
    remedy: str
    verdicts: int
    waiting: int
    gates: tuple[str, ...]
    subjects: tuple[str, ...]
    checks: tuple[tuple[str, str, str], ...]
    reason: str
    value_quote: float | None = None
    value_note: str = ""
    quote: str = ""
    breaks: tuple[str, ...] = ()
    since: str = ""
    meanwhile: str = ""

    @property
    def stops(self) -> bool:
        """Whether it is a stop condition that holds."""
        return self.kind is Kind.STOP

    @property
    def counted(self) -> str:
        """How many checks wait for it, in words."""
        if self.kind is Kind.DAY:
            return "the whole day"
        if not self.verdicts:
            return f"{count_of(self.waiting, 'check waits', 'checks wait')} for it too"
        return count_of(self.verdicts, "check")

    @property
    def at_stake(self) -> str:
        """What money it is about, in words: that of its breaks, or what is over a cap; empty where no money is measured."""
        return f"{self.money}: {self.worth}" if self.worth else ""

    @property
    def money(self) -> str:
        """What its money is: one of `MONEY`."""
        if not self.breaks:
            return OVER_CAP
        return OF_BOTH if CAPS in self.gates else OF_BREAKS

    @property
    def worth(self) -> str:
        """How much is at stake, or why nobody can say it; empty where no money is measured."""
        return self.value_note or ("" if self.value_quote is None else f"{self.value_quote:,.2f} {self.quote}")

    @property
    def since_words(self) -> str:
        """Since when, to the minute; empty where no fact has an instant."""
        return f"since {self.since[:10]} {self.since[11:16]} UTC" if self.since else ""

    @property
    def breaks_words(self) -> str:
        """The ids of its breaks, the first ones named; empty where it counts none."""
        if not self.breaks:
            return ""
        more = len(self.breaks) - _IDS_NAMED
        named = ", ".join(self.breaks[:_IDS_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f"{'break' if len(self.breaks) == 1 else 'breaks'} {named}"

    @property
    def facts(self) -> str:
        """What money it is about, since when, how many checks and which breaks, in one line."""
        parts = (self.at_stake, self.since_words, self.counted, self.breaks_words)
        return " · ".join(part for part in parts if part)


def worst_first(causes: Iterable[BlockingCause]) -> list[BlockingCause]:
    """Return causes in the order of every page and of the terminal.

    Stop conditions first, then what is worth most (an unknown value before a known one), then by kind and by how many verdicts wait.
    """
    return sorted(causes, key=_rank)


def order_of(causes: Iterable[BlockingCause]) -> list[tuple[str, str, str]]:
    """Return the blocking verdicts (gate, check, subject) in the order of their causes."""
    return [check for each in causes for check in each.checks]


def _rank(each: BlockingCause) -> tuple[object, ...]:
    value = float("inf") if each.value_note else each.value_quote or 0.0
    return not each.stops, -value, list(Kind).index(each.kind), -each.verdicts


_TEXTS = ("kind", "cause", "remedy", "reason", "value_note", "quote", "since", "meanwhile")
_LISTS = ("gates", "subjects", "breaks")
_SCHEMA = {
    **dict.fromkeys(_TEXTS, pl.String()),
    **dict.fromkeys(("verdicts", "waiting"), pl.Int64()),
    "value_quote": pl.Float64(),
    **dict.fromkeys(_LISTS, pl.List(pl.String())),
    "checks": pl.List(pl.List(pl.String())),
}


def causes_frame(causes: Iterable[BlockingCause]) -> pl.DataFrame:
    """Return causes as a frame, one row each: the fields of `BlockingCause`."""
    rows = [
        {name: getattr(each, name) for name in _SCHEMA}
        | {"kind": str(each.kind), "checks": [list(check) for check in each.checks]}
        | {name: list(getattr(each, name)) for name in _LISTS}
        for each in causes
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def parse_causes(frame: pl.DataFrame) -> list[BlockingCause]:
    """Return the causes that `causes_frame` wrote; a frame of an earlier version lacks what was added since."""
    return [
        BlockingCause(
            **row
            | {"kind": Kind(row["kind"]), "checks": tuple(map(tuple, row["checks"]))}
            | {name: tuple(row.get(name) or ()) for name in _LISTS}
        )
        for row in frame.to_dicts()
    ]
