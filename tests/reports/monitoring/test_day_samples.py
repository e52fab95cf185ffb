"""The gauges of a day: what its files say, zeros for what is not there, and nothing of what cannot be read."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.checks.registry import SPECS
from deskgate.reports.monitoring.day_samples import day_samples, word_samples

BLOCKER = {"gate": "soak", "check": "c", "subject": "bot1"}
DECISION: dict[str, Any] = {
    "decision": "STOP",
    "as_of": "2026-03-20T00:00:00Z",
    "expires_at": "2026-03-21T00:00:00Z",
    "counts": {"FAIL": 2, "PASS": 5},
    "failures": [{"notebook": "a", "error": "b"}],
    "incidents": [{}, {}],
    "blockers": [
        BLOCKER | {"status": "FAIL", "stop": True},
        BLOCKER | {"status": "FAIL", "stop": False},
        BLOCKER | {"status": "INSUFFICIENT", "stop": True},
    ],
}
VIEWS = {
    "break_ages": pl.DataFrame(
        {
            "kind": ["wrong_side", "wrong_side", "fee_mismatch", "price_mismatch"],
            "status": ["open", "explained", "accepted", "open"],
            "severity": ["critical", "critical", "warning", "warning"],
            "breaks": [2, 1, 7, 1],
            "oldest_h": [1.5, 3.0, 9.0, 0.0],
            "value_quote": [Decimal("10.5"), Decimal("1"), Decimal("99"), None],
        }
    ),
    "source_ages": pl.DataFrame(
        {"bot": ["bot1", "bot1"], "leg": ["local", "events"], "age_s": [60.0, None], "bound_s": [900.0, None]}
    ),
    "readiness": pl.DataFrame({"bot": ["bot1", "bot2"], "clean_h": [30.0, None]}),
}


class _Day:
    view_files = VIEWS

    def view(self, name: str) -> pl.DataFrame:
        return VIEWS[name]


def _values(folder: Path, decision: dict[str, Any]) -> dict[tuple[str, ...], float]:
    return {
        (each.name.removeprefix("deskgate_"), *each.labels[1:]): each.value
        for each in day_samples("d", folder, decision)
    }


@pytest.fixture
def values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, ...], float]:
    monkeypatch.setattr(DayArtifacts, "open", lambda _: _Day())
    return _values(tmp_path, DECISION)


def test_blockers_are_counted_by_gate_and_kind_and_verdicts_by_status(values: dict[tuple[str, ...], float]) -> None:
    assert {kind: values["blockers", "soak", kind] for kind in ("stop", "fail", "insufficient")} == {
        "stop": 1,
        "fail": 1,
        "insufficient": 1,
    }
    assert {values["blockers", gate, "stop"] for gate in SPECS if gate != "soak"} == {0}
    verdicts = {key[1]: value for key, value in values.items() if key[0] == "verdicts"}
    assert verdicts == {"FAIL": 2, "PASS": 5, "INSUFFICIENT": 0, "WAIVED": 0}
    assert (values["failed_steps",], values["incidents_open",]) == (1, 2)
    assert values["expires_timestamp_seconds",] == datetime(2026, 3, 21, tzinfo=UTC).timestamp()


def test_accepted_breaks_do_not_count_and_absent_kinds_are_zero(values: dict[tuple[str, ...], float]) -> None:
    assert values["breaks_open", "wrong_side", "critical"] == 3
    assert values["breaks_open_value_quote", "wrong_side", "critical"] == 11.5
    # A value that is not known is no 0.
    assert values["breaks_open_value_quote", "price_mismatch", "warning"] == float("inf")
    assert (values["breaks_open", "fee_mismatch", "warning"], values["breaks_open", "price_mismatch", "info"]) == (0, 0)
    assert {key[1]: value for key, value in values.items() if key[0] == "oldest_break_age_seconds"} == {
        "critical": 3.0 * 3600,
        "warning": 0,
        "info": 0,
    }


def test_absent_source_is_infinitely_old_and_unmeasured_soak_is_no_hour(values: dict[tuple[str, ...], float]) -> None:
    assert values["source_age_seconds", "bot1", "local"] == 60
    assert values["source_age_seconds", "bot1", "events"] == float("inf")
    assert ("source_age_limit_seconds", "bot1", "events") not in values
    assert (values["soak_clean_hours", "bot1"], values["soak_clean_hours", "bot2"]) == (30, 0)


@pytest.mark.parametrize("torn", [{}, {"as_of": None, "blockers": "x", "counts": None}])
def test_day_that_cannot_be_read_has_no_breaks_and_no_sources(tmp_path: Path, torn: dict[str, Any]) -> None:
    names = {key[0] for key in _values(tmp_path, torn)}
    assert not names & {"breaks_open", "source_age_seconds", "soak_clean_hours", "expires_timestamp_seconds"}


def test_one_word_is_one() -> None:
    assert {each.labels[1]: each.value for each in word_samples("d", "STOP")} == {
        "GO": 0,
        "HOLD": 0,
        "STOP": 1,
        "none": 0,
    }
