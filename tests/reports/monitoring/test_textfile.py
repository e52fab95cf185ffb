"""The file of gauges: labels escaped by the library, what cannot be read, and a write that fails."""

import os
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deskgate.reports.monitoring.gauges import DESK, GAUGES, Sample
from deskgate.reports.monitoring.textfile import read_samples, write_samples

HOSTILE = 'a"b\\c\nd{e}=<img src=x>\u202e'
SAMPLES = [
    Sample("deskgate_decision", ("d", "GO"), 1.0),
    Sample("deskgate_soak_clean_hours", ("d", HOSTILE), 3.5),
    Sample("deskgate_source_age_seconds", ("d", HOSTILE, "local"), float("inf")),
]


def test_what_is_written_is_read_whatever_a_bot_is_called(tmp_path: Path) -> None:
    file = tmp_path / "new" / "deskgate.prom"
    write_samples(file, reversed(SAMPLES))
    assert sorted(read_samples(file), key=str) == sorted(SAMPLES, key=str)
    (family,) = [each for each in text_string_to_metric_families(file.read_text()) if "soak" in each.name]
    assert [each.labels["bot"] for each in family.samples] == [HOSTILE]
    assert [each.name for each in file.parent.iterdir()] == ["deskgate.prom"]


@pytest.mark.parametrize(
    "text", ["", "deskgate_decision{de", "other_metric 1\n", 'deskgate_decision{desk="d"} 1\n', "{}{"]
)
def test_torn_or_foreign_file_has_no_samples(tmp_path: Path, text: str) -> None:
    file = tmp_path / "deskgate.prom"
    file.write_text(text)
    assert read_samples(file) == []
    assert read_samples(tmp_path / "absent.prom") == []


def test_what_another_version_wrote_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    file = tmp_path / "deskgate.prom"
    write_samples(file, SAMPLES[:1])
    file.write_text(file.read_text() + 'deskgate_newer{desk="d"} 1\ndeskgate_decision_holds{desk="d",bot="b"} 1\n')
    assert read_samples(file) == SAMPLES[:1]


def test_write_that_fails_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "deskgate.prom"
    write_samples(file, SAMPLES)
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(OSError, match="no space left"):
        write_samples(file, SAMPLES[:1])
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["deskgate.prom"]


def test_each_gauge_is_declared_once_and_is_of_a_desk() -> None:
    assert len({gauge.name for gauge in GAUGES}) == len(GAUGES)
    assert all(gauge.name.startswith("deskgate_") and gauge.doc.endswith(".") for gauge in GAUGES)
    assert not any({DESK, "break_id", "order_id", "trade_id"} & {*gauge.labels} for gauge in GAUGES)
