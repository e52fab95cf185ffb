"""Histories of one entry or two whose values a test chooses."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from deskgate.gates.calibration.values import History, columns_of, history_of
from deskgate.gates.suites import Suite
from entries import SUITES_BY_GATE

__all__ = ["MONDAY", "suites_with", "the_history", "the_rows"]

MONDAY = date(2026, 5, 4)
# Gate and entry -> by day the value of each subject: None where it has none, no subject where nobody was judged.
Values = Mapping[tuple[str, str], Sequence[Mapping[str, float | None]]]


def suites_with(*keys: tuple[str, str], **kwargs: Any) -> dict[str, Suite]:
    """Return the shipped suites, with these entries alone in their gates; `kwargs` are other bounds of all of them."""
    found = dict(SUITES_BY_GATE)
    for gate in {gate for gate, _ in keys}:
        mine = [
            each.model_copy(update={"kwargs": each.kwargs.model_copy(update=kwargs)})
            for each in found[gate].expectations
            if (gate, each.meta.entry) in keys
        ]
        found[gate] = found[gate].model_copy(update={"expectations": mine})
    return found


def the_rows(values: Values) -> dict[date, pl.DataFrame]:
    """Return the `held` rows of days from a Monday on; the interval of a value is the value."""
    schema = {"gate": pl.String, "check": pl.String, "subject": pl.String, "low": pl.Float64, "high": pl.Float64}
    length = max(len(each) for each in values.values())
    return {
        MONDAY + timedelta(days=n): pl.DataFrame(
            [(*key, who, at, at) for key, days in values.items() if n < len(days) for who, at in days[n].items()],
            schema=schema,
            orient="row",
        )
        for n in range(length)
    }


def the_history(values: Values, suites: Mapping[str, Suite], subjects: Sequence[str] = ("b1", "b2")) -> History:
    """Return the history of the entries that `values` names."""
    columns = [each for each in columns_of(suites) if each.key in values]
    return history_of(the_rows(values), columns, subjects)
