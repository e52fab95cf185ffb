import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from deskgate.case.findings import BREAK_KINDS
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.config.errors import InputError
from deskgate.config.paths import SUITES
from deskgate.gates.suites import FLOOR, load_suites

SPECS = {"risk": {name: MetricSpec(name, "share", EVERY_BOT, "doc") for name in ("loss", "gain")}}
ENTRY = {
    "type": "expect_metric_within_bounds",
    "severity": "critical",
    "kwargs": {"metric": "loss", "min_value": 0, "max_value": 1},
    "meta": {"entry": "loss", "title": "Loss", "why": "why", "what_to_do": "do"},
}


BELOW = {"title": "T", "why": "W", "what_to_do": "D"}


def suite(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"name": "risk", "meta": {"title": "Risk", "notebook": "05"}, "expectations": list(entries or [ENTRY])}


def load(tmp_path: Path, content: object) -> object:
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "risk.json").write_text(text)
    return load_suites(tmp_path, SPECS)["risk"]


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    entry = deepcopy(ENTRY)
    change(entry)
    return entry


def test_suite_that_is_right_loads(tmp_path: Path) -> None:
    assert load(tmp_path, suite()).expectations[0].kwargs.max_value == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda e: e.update(type="expect_metric_within_bound"),
            "did you mean 'expect_metric_within_bounds'",
        ),
        (lambda e: e.update(severity="critcal"), "did you mean 'critical'"),
        (lambda e: e.pop("severity"), "severity: missing key"),
        (lambda e: e["kwargs"].update(metric="los"), "no check of the gate risk declares (did you mean 'loss'?)"),
        (lambda e: e["kwargs"].update(max_valeu=3), "unknown key"),
        (lambda e: e["kwargs"].update(min_value=2), "above max_value"),
        (lambda e: (e["kwargs"].pop("min_value"), e["kwargs"].pop("max_value")), "neither min_value nor max_value"),
        (lambda e: e["kwargs"].update(max_value="much"), "valid number"),
        (lambda e: e["kwargs"].update(max_value=float("inf")), "finite number"),
        (lambda e: e["kwargs"].update(min_sample=-1), "greater than or equal to 0"),
        (lambda e: e["meta"].update(unit="share"), "unit: unknown key"),
        (lambda e: e["meta"].pop("why"), "why: missing key"),
        (lambda e: e["meta"].update(title=""), "at least 1 character"),
        (lambda e: (e.update(severity="warning"), e["meta"].update(stop=True)), "expected critical"),
        (lambda e: (e.update(severity="warning"), e["meta"].update(action="reduce")), "expected critical"),
        (lambda e: e["meta"].update(action="kill_switch"), "expected stop: true"),
        (lambda e: e["meta"].update(action="kil_switch"), "action"),
        (lambda e: e["kwargs"].update(whole_interval=True), "has no meta.intervals"),
        (lambda e: (e["kwargs"].pop("min_value"), e["meta"].update(below=BELOW)), "has no min_value"),
        (lambda e: e["meta"].update(below={"title": "T", "why": "W"}), "below.what_to_do: missing key"),
    ],
)
def test_entry_that_is_wrong_is_one_sentence_naming_it(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    with pytest.raises(InputError) as error:
        load(tmp_path, suite(changed(change)))
    assert said in str(error.value)
    assert "risk.json" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({**suite(), "expectations": []}, "expectations"),
        (suite(ENTRY, ENTRY), "2 times"),
        (suite(ENTRY, changed(lambda e: e["meta"].update(entry="other"))), "same bounds"),
        ({**suite(), "name": "parity"}, "named 'parity'"),
        ("{", "not readable as JSON"),
        ('{"name": "risk", "name": "risk"}', "there twice"),
        ("[]", "risk.json"),
    ],
)
def test_suite_that_is_wrong_is_refused(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(InputError, match=r"risk\.json") as error:
        load(tmp_path, content)
    assert said in str(error.value)


def test_missing_and_left_over_suites_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no suite"):
        load_suites(tmp_path, SPECS)
    load(tmp_path, suite())
    (tmp_path / "rsk.json").write_text("{}")
    with pytest.raises(InputError, match=r"feeds a gate 'rsk' \(did you mean 'risk'"):
        load_suites(tmp_path, SPECS)


def test_shipped_suites_load_and_every_gate_can_block() -> None:
    suites = load_suites(SUITES)
    assert all(any(entry.severity == "critical" for entry in suite.expectations) for suite in suites.values())


def test_break_kinds_are_judged_by_one_entry_each() -> None:
    columns = [e.kwargs.metric for s in load_suites(SUITES).values() for e in s.expectations]
    judged = [kind for kind in BREAK_KINDS if kind in columns]
    assert [columns.count(kind) for kind in judged] == [1] * len(judged)
    assert set(BREAK_KINDS) == set(judged)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.update(severity="warning"),
        lambda e: e["kwargs"].update(max_value=1),
        lambda e: e["kwargs"].update(metric="loss"),
    ],
)
def test_suite_that_no_longer_asks_for_the_floor_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    metric = MetricSpec(FLOOR, "checks", EVERY_BOT, "doc")
    specs = {"risk": {FLOOR: metric, "loss": SPECS["risk"]["loss"]}}
    entry = changed(lambda e: (e["kwargs"].update(metric=FLOOR, max_value=0), e["kwargs"].pop("min_value")))
    (tmp_path / "risk.json").write_text(json.dumps(suite(entry)))
    assert load_suites(tmp_path, specs)["risk"].expectations
    change(entry)
    (tmp_path / "risk.json").write_text(json.dumps(suite(entry)))
    with pytest.raises(InputError, match="no critical entry holds below_floor to 0"):
        load_suites(tmp_path, specs)
