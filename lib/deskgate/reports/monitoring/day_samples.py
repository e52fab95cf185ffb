"""The gauges of a day that was decided, from the files that its run left."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.checks.registry import SPECS
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant
from deskgate.gates.evaluation import Status
from deskgate.gates.suites import SEVERITIES
from deskgate.reconciliation.breaks.counts import VALUE
from deskgate.reports.monitoring import gauges
from deskgate.reports.monitoring.gauges import Gauge, Sample
from deskgate.reports.pages.banner import objects

__all__ = ["day_samples", "word_samples"]

_KINDS = ("stop", "fail", "insufficient")


def word_samples(desk: str, word: str) -> list[Sample]:
    """Return the samples of the word that a decision stands as."""
    return [_sample(gauges.DECISION, desk, each, value=float(each == word)) for each in gauges.WORDS]


def day_samples(desk: str, folder: Path, decision: Mapping[str, Any]) -> list[Sample]:
    """Return what a decision (the content of decision.json) and the day's files say; what cannot be read is left out.

    The word itself is not among them: it may have changed since.
    """
    found = [
        _sample(gauges.FAILED, desk, value=len(objects(decision.get("failures")))),
        _sample(gauges.INCIDENTS, desk, value=len(objects(decision.get("incidents")))),
        *_instants(desk, decision),
        *_verdicts(desk, decision),
    ]
    with suppress(InputError):
        artifacts = DayArtifacts.open(folder)
        views = set(artifacts.view_files)
        for view, samples in (("break_ages", _breaks), ("source_ages", _sources), ("readiness", _soak)):
            if view in views:
                found += samples(desk, artifacts.view(view))
    return found


def _instants(desk: str, decision: Mapping[str, Any]) -> Iterator[Sample]:
    for gauge, name in ((gauges.AS_OF, "as_of"), (gauges.EXPIRES, "expires_at")):
        with suppress(InputError):
            yield _sample(gauge, desk, value=parse_instant(str(decision.get(name))).timestamp())


def _verdicts(desk: str, decision: Mapping[str, Any]) -> Iterator[Sample]:
    counts = decision.get("counts") or {}
    for status in Status:
        yield _sample(gauges.VERDICTS, desk, str(status), value=counts.get(str(status), 0))
    blocking = Counter((str(each.get("gate")), _kind(each)) for each in objects(decision.get("blockers")))
    # Gates that nothing blocks have a 0, so that a series ends with a value.
    for gate, kind in sorted({*product(SPECS, _KINDS), *blocking}):
        yield _sample(gauges.BLOCKERS, desk, gate, kind, value=blocking[gate, kind])


def _kind(blocker: Mapping[str, Any]) -> str:
    if blocker.get("status") != Status.FAIL:
        return "insufficient"
    return "stop" if blocker.get("stop") is True else "fail"


def _breaks(desk: str, ages: pl.DataFrame) -> Iterator[Sample]:
    kinds = sorted({name.removesuffix(VALUE) for specs in SPECS.values() for name in specs if name.endswith(VALUE)})
    counted = (
        ages.filter(pl.col("status") != "accepted")
        .group_by("kind", "severity")
        .agg(
            pl.col("breaks").sum(),
            pl.col("value_quote").cast(pl.Float64).fill_null(float("inf")).sum(),
            pl.col("oldest_h").max(),
        )
    )
    found = {(row["kind"], row["severity"]): row for row in counted.iter_rows(named=True)}
    for place in sorted({*product(kinds, SEVERITIES), *found}):
        row = found.get(place, {"breaks": 0, "value_quote": 0.0})
        yield _sample(gauges.BREAKS, desk, *place, value=row["breaks"])
        yield _sample(gauges.BREAKS_VALUE, desk, *place, value=row["value_quote"])
    for severity in SEVERITIES:
        oldest_h = max((row["oldest_h"] for (_, each), row in found.items() if each == severity), default=0.0)
        yield _sample(gauges.BREAK_AGE, desk, severity, value=oldest_h * 3600)


def _sources(desk: str, ages: pl.DataFrame) -> Iterator[Sample]:
    for bot, leg, age_s, bound_s in ages.select("bot", "leg", "age_s", "bound_s").iter_rows():
        yield _sample(gauges.SOURCE_AGE, desk, bot, leg, value=float("inf") if age_s is None else age_s)
        if bound_s is not None:
            yield _sample(gauges.SOURCE_LIMIT, desk, bot, leg, value=bound_s)


def _soak(desk: str, readiness: pl.DataFrame) -> Iterable[Sample]:
    rows = readiness.select("bot", pl.col("clean_h").fill_null(0.0)).iter_rows()
    return [_sample(gauges.SOAK, desk, bot, value=hours) for bot, hours in rows]


def _sample(gauge: Gauge, desk: str, *labels: str, value: float) -> Sample:
    return Sample(gauge.name, (desk, *labels), float(value))
