"""The text file of a desk's gauges, for the textfile collector of Prometheus' node_exporter: whole or as it was before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from deskgate.reports.monitoring.gauges import DESK, GAUGES, Gauge, Sample

if TYPE_CHECKING:
    from prometheus_client import Metric

__all__ = ["read_samples", "write_samples"]


@dataclass(frozen=True)
class _Exposed:
    """Samples as prometheus_client collects them."""

    samples: tuple[Sample, ...]

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.core import GaugeMetricFamily

        order = {gauge.name: place for place, gauge in enumerate(GAUGES)}
        for name, group in groupby(sorted(self.samples, key=lambda each: order[each.name]), lambda each: each.name):
            gauge = GAUGES[order[name]]
            family = GaugeMetricFamily(name, gauge.doc, labels=_labels(gauge))
            for each in group:
                family.add_metric(each.labels, each.value)
            yield family


def write_samples(file: Path, samples: Iterable[Sample]) -> None:
    """Write the file anew, with these samples alone; it is put in its place by a rename.

    Raises
    ------
    OSError
        It cannot be written; the earlier one is as it was.
    """
    from prometheus_client import write_to_textfile

    file.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(file), _Exposed(tuple(samples)))


def read_samples(file: Path) -> list[Sample]:
    """Return the samples of a file that this version knows; none where there is no file, it is torn, or it cannot be read."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        text = file.read_text(encoding="utf-8")
        families = list(text_string_to_metric_families(text))
    except (OSError, ValueError, IndexError, KeyError):
        return []
    known = {gauge.name: _labels(gauge) for gauge in GAUGES}
    # Another version's gauges are left out: what is known has to be seen, for a GO is among it.
    found = [
        each
        for family in families
        for each in family.samples
        if each.name in known and {*each.labels} == {*known[each.name]}
    ]
    return [Sample(each.name, tuple(each.labels[label] for label in known[each.name]), each.value) for each in found]


def _labels(gauge: Gauge) -> tuple[str, ...]:
    return (DESK, *gauge.labels)
