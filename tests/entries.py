"""Every entry of every suite, and the values that decide it."""

import math
from collections.abc import Mapping

import polars as pl

from deskgate.case.findings import Metrics
from deskgate.config.bot import Mode
from deskgate.config.paths import SUITES
from deskgate.gates.bounds import Bounds
from deskgate.gates.suites import Entry, load_suites
from desks import DECLARING, bot, desk

SUITES_BY_GATE = load_suites(SUITES)
ENTRIES = [(gate, entry) for gate, suite in SUITES_BY_GATE.items() for entry in suite.expectations]
# Every entry applies to b1 or to the portfolio.
DESK = desk(bot("b1", shadow="b2", account=["main"], local=["b1/logs/logs_b1.log*"]), bot("b2", Mode.PAPER)).model_copy(
    update=DECLARING
)
SUBJECTS = ("b1", "b2", "portfolio")
ABSENT = (None, math.nan, math.inf, -math.inf)
# A value and its sample, or a value, the ends of its interval and its sample.
Value = tuple[float | None, int] | tuple[float | None, float | None, float | None, int]


def metrics(values: Mapping[tuple[str, str], Value]) -> pl.DataFrame:
    """Return a `Metrics` frame from (gate, metric) -> `Value`, the same for every subject."""
    return metrics_of({(gate, who, name): found for (gate, name), found in values.items() for who in SUBJECTS})


def metrics_of(values: Mapping[tuple[str, str, str], Value]) -> pl.DataFrame:
    """Return a `Metrics` frame from (gate, subject, metric) -> `Value`.

    Without ends the interval is the value alone. NaN and infinity stay in it, though no check can bring them there.
    """
    rows = [(*key, *(found if len(found) > 2 else (*[found[0]] * 3, found[1])), None) for key, found in values.items()]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema, orient="row")


def edges(bounds: Bounds) -> list[tuple[float, bool]]:
    """Return the values at a bound and just past it, on each side there is, and whether they are within."""
    found = []
    for bound, strict, away in (
        (bounds.min_value, bounds.strict_min, -math.inf),
        (bounds.max_value, bounds.strict_max, math.inf),
    ):
        if bound is not None:
            found += [(bound, not strict), (math.nextafter(bound, away), False), (math.nextafter(bound, -away), True)]
    return found


def intervals(bounds: Bounds) -> list[Value]:
    """Return a value at a bound with intervals that are within, beyond, across, and that lack an end."""
    bound, enough = edges(bounds)[0][0], bounds.min_sample
    ends = [(bound, bound), (bound - 1, bound + 1), (bound - 9e9, bound - 8e9), (bound + 8e9, bound + 9e9)]
    return [(bound, *both, enough) for both in (*ends, (None, bound), (bound, None), (math.nan, bound))]


def decisive() -> dict[tuple[str, str], list[Value]]:
    """Return every value that decides some entry, by gate and metric."""
    values: dict[tuple[str, str], list[Value]] = {}
    for gate, entry in ENTRIES:
        mine = values.setdefault((gate, entry.kwargs.metric), [(value, 99) for value in ABSENT])
        mine += [(value, entry.kwargs.min_sample) for value, _ in edges(entry.kwargs)]
        mine += [(edges(entry.kwargs)[0][0], 0)]
        if entry.kwargs.whole_interval:
            mine += intervals(entry.kwargs)
    return values


def name(item: tuple[str, Entry]) -> str:
    return f"{item[0]}-{item[1].meta.entry}"
