"""What a calibration found, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from deskgate.gates.calibration.costs import Alarms, Power
from deskgate.gates.calibration.propose import Proposal
from deskgate.gates.calibration.values import Key

__all__ = ["Calibrated", "Calibration", "Noticed", "changes_of"]


@dataclass(frozen=True)
class Noticed:
    """One fault of one size in the records of one bot on one day, and the entries that noticed it under each suites."""

    day: date
    bot: str
    fault: str
    size: float
    unit: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Calibrated:
    """One side of an entry's bounds: its values on clean days, what is proposed, and what both bounds cost.

    `values` are those of the worst subject of each clean day, as they were measured; `unmeasured` counts the clean days on which a
    subject that is judged by the entry had no usable value. `power` is of faults put into the metric.
    """

    proposal: Proposal
    values: Sequence[float]
    unmeasured: int
    before: Alarms
    after: Alarms
    power: Sequence[Power]


@dataclass(frozen=True)
class Calibration:
    """What a calibration found.

    Parameters
    ----------
    days
        The clean days, oldest first.
    not_clean, left_out
        Why -> the days that were not clean, and those that could not be used.
    entries
        One per side of the bounds of each entry that can be calibrated.
    chosen
        Why -> the entries that are not calibrated, `gate#entry`.
    blocking, warning
        Clean days on which any critical entry, and any other one, of `entries` did not pass: before and after.
    records
        Faults that were put into records.
    """

    per_month: float
    days: Sequence[date]
    not_clean: Mapping[str, Sequence[date]]
    left_out: Mapping[str, Sequence[date]]
    notes: Sequence[str]
    entries: Sequence[Calibrated]
    chosen: Mapping[str, Sequence[str]]
    blocking: tuple[Alarms, Alarms]
    warning: tuple[Alarms, Alarms]
    records: Sequence[Noticed]

    @property
    def changes(self) -> dict[Key, dict[str, float]]:
        """Gate and entry -> side -> the proposed bound, of those that would be another one."""
        return changes_of([each.proposal for each in self.entries])


def changes_of(proposals: Sequence[Proposal]) -> dict[Key, dict[str, float]]:
    """Return gate and entry -> side -> value of the proposals that change a bound."""
    found: dict[Key, dict[str, float]] = {}
    for each in proposals:
        if each.value is not None:
            found.setdefault(each.column.key, {})[each.column.side] = each.value
    return found
