"""The floor: what a desk's own suites may change, and what they may not."""

from collections.abc import Callable
from typing import Any

import pytest

from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.gates.floor import GUARD, below_floor, widened_bounds
from deskgate.gates.suites import Suite

SPECS = {
    gate: {
        name: MetricSpec(name, unit, EVERY_BOT, "doc")
        for name, unit in (
            ("loss", "share"),
            ("covered", "share"),
            ("cap", "quote"),
            ("breaks", "breaks"),
            ("held", "of gross exposure"),
        )
    }
    for gate in ("risk", "stream", GUARD)
}
SPECS["stream"]["coverage_h"] = MetricSpec("coverage_h", "h", EVERY_BOT, "doc")


def entry(metric: str, *, name: str = "", severity: str = "critical", stop: bool = False, **bounds: Any) -> Any:
    about = {"entry": name or metric, "title": "T", "why": "W", "what_to_do": "D", "stop": stop}
    return {
        "type": "expect_metric_within_bounds",
        "severity": severity,
        "kwargs": {"metric": metric, **bounds},
        "meta": about,
    }


def suites(*entries: Any, gate: str = "risk", **settings: Any) -> dict[str, Suite]:
    meta = {"title": "Risk", "notebook": "05", **settings}
    return {gate: Suite.model_validate({"name": gate, "meta": meta, "expectations": list(entries)})}


LOSS = entry("loss", max_value=0.1, min_sample=2, stop=True)
FLOOR = suites(
    LOSS,
    entry("covered", min_value=0.9),
    entry("breaks", max_value=0),
    entry("cap", max_value=1000),
    entry("held", max_value=0.5),
)


def changed(name: str, change: Callable[[Any], Any]) -> dict[str, Suite]:
    """Return the floor with one entry changed."""
    entries = [each.model_dump(exclude={"below"}) for each in FLOOR["risk"].expectations]
    for each in entries:
        each["meta"].pop("below")
        if each["meta"]["entry"] == name:
            change(each)
    return suites(*entries)


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("loss", lambda e: e["meta"].update(entry="other"), None),
        ("loss", lambda e: e["kwargs"].update(max_value=0.05, min_sample=9), None),
        ("loss", lambda e: e["kwargs"].update(max_value=0.5), None),
        ("loss", lambda e: e["kwargs"].update(min_sample=0), "takes any sample, expected at least 2"),
        ("loss", lambda e: e["meta"].update(stop=False), "is no stop condition, expected stop: true"),
        ("loss", lambda e: e["kwargs"].update(metric="cap"), "judges cap, expected loss"),
        ("loss", lambda e: e["kwargs"].update(max_value=None, min_value=0), "has max_value none, expected 0.1"),
        ("covered", lambda e: e.update(severity="info"), "has the severity info, expected critical"),
        ("covered", lambda e: e["meta"].update(coverage=True), "calls its failure too little to judge (coverage)"),
        ("breaks", lambda e: e["kwargs"].update(max_value=1), "has max_value 1, expected 0"),
    ],
)
def test_entry_that_asks_less_is_below_the_floor(name: str, change: Callable[[Any], Any], why: str | None) -> None:
    assert below_floor(changed(name, change), FLOOR) == ([f"risk.{name}: {why}"] if why else [])


def test_entry_that_was_taken_out_is_below_the_floor_and_the_same_suites_are_not() -> None:
    assert below_floor(FLOOR, FLOOR) == []
    assert widened_bounds(FLOOR, FLOOR, SPECS) == []
    others = ("covered", "breaks", "cap", "held")
    assert below_floor(suites(LOSS), FLOOR) == [f"risk.{name}: is missing" for name in others]


def test_renamed_entry_is_not_mistaken_for_the_warning_of_its_metric() -> None:
    warning, critical = entry("loss", name="mild", severity="warning", max_value=0.05), {**LOSS}
    critical["meta"] = {**LOSS["meta"], "entry": "other"}
    assert below_floor(suites(warning, critical), suites(LOSS)) == []
    assert below_floor(suites(warning), suites(LOSS)) == ["risk.loss: has the severity warning, expected critical"]


def test_hard_limit_does_not_stand_in_for_the_soft_one() -> None:
    soft, hard = entry("loss", max_value=0.1), entry("loss", name="hard", max_value=0.4, stop=True)
    assert below_floor(suites(hard), suites(soft, hard)) == ["risk.loss: is missing"]


@pytest.mark.parametrize(
    ("name", "bounds", "times"),
    [
        ("loss", {"max_value": 0.3}, 3),
        ("loss", {"max_value": 0.05}, None),
        ("loss", {"min_sample": 1}, 2),
        ("covered", {"min_value": 0.5}, 5),
        ("covered", {"min_value": 0.95}, None),
        ("cap", {"max_value": 5e6}, 5000),
        ("cap", {"max_value": 1e300}, 1e9),
        ("loss", {"max_value": 1}, 1e9),
        ("covered", {"min_value": 0}, 1e9),
        ("covered", {"min_value": 0.01}, 90),
        ("held", {"max_value": 0.6}, 1.25),
        ("held", {"max_value": 1}, 1e9),
    ],
)
def test_widening_is_how_many_times_as_much_passes(name: str, bounds: dict[str, float], times: float | None) -> None:
    found = widened_bounds(changed(name, lambda e: e["kwargs"].update(bounds)), FLOOR, SPECS)
    assert [each.times for each in found] == ([pytest.approx(times)] if times else [])
    assert all(each.in_quote == (name == "cap") for each in found)


@pytest.mark.parametrize(
    ("floor", "mine", "times"), [(-0.15, -0.3, 2), (-0.15, -0.1, None), (8, 2, 4), (8, 9, None), (8, 0, 1e9)]
)
def test_widening_of_a_lower_bound(floor: float, mine: float, times: float | None) -> None:
    found = widened_bounds(suites(entry("cap", min_value=mine)), suites(entry("cap", min_value=floor)), SPECS)
    assert [each.times for each in found] == ([times] if times else [])


def test_bounds_that_judge_the_floor_are_nobodys_to_widen() -> None:
    floor = suites(entry("loss", max_value=10), gate=GUARD)
    mine = suites(entry("loss", max_value=11), gate=GUARD)
    assert below_floor(mine, floor) == ["policy.loss: has max_value 11, expected 10"]


def test_span_of_a_day_is_nobodys_to_shorten() -> None:
    mine, floor = (suites(entry("coverage_h", min_value=hours), gate="stream") for hours in (23, 24))
    assert below_floor(mine, floor) == ["stream.coverage_h: has min_value 23, expected 24"]
    assert below_floor(floor, mine) == []


@pytest.mark.parametrize(
    ("action", "of", "why"),
    [
        ("kill_switch", "book", None),
        ("soft_pause", "book", None),
        ("reduce", "book", "calls for reduce, expected soft_pause"),
        (None, "book", "calls for no action, expected soft_pause"),
        ("soft_pause", "bot", "acts on the bot alone, expected the book"),
    ],
)
def test_action_that_does_less_is_below_the_floor(action: str | None, of: str, why: str | None) -> None:
    mine, floor = entry("loss", max_value=0.1, stop=True), entry("loss", max_value=0.1, stop=True)
    mine["meta"] |= {"action": action, "applies_to": of}
    floor["meta"] |= {"action": "soft_pause", "applies_to": "book"}
    assert below_floor(suites(mine), suites(floor)) == ([f"risk.loss: {why}"] if why else [])


SETTINGS: dict[str, dict[str, Any]] = {
    "risk": {"consecutive": 2, "concentration_from": 100, "shock": 0.1},
    "intervals": {
        "confidence": 0.95,
        "draws": 2000,
        "seed": 1,
        "shortest_block_min": 5,
        "longest_block_min": 240,
        "block_from_h": 24,
        "tuned_for": 24,
        "least_blocks": 8,
    },
}


@pytest.mark.parametrize(
    ("table", "name", "value", "times"),
    [
        ("risk", "shock", 0.01, 10),
        ("risk", "consecutive", 6, 3),
        ("intervals", "longest_block_min", 60, 4),
        ("intervals", "draws", 100, 20),
        ("intervals", "least_blocks", 4, 2),
    ],
)
def test_settings_are_compared_in_whichever_suite_they_stand(table: str, name: str, value: float, times: float) -> None:
    shipped: dict[str, Any] = {table: SETTINGS[table]}
    own: dict[str, Any] = {table: {**SETTINGS[table], name: value}}
    floor = suites(LOSS, **shipped) | suites(LOSS, gate="stream")
    mine = suites(LOSS) | suites(LOSS, gate="stream", **own)
    (found,) = widened_bounds(mine, floor, SPECS)
    assert found.entry == f"risk.meta.{table}.{name}"
    assert found.times == pytest.approx(times)
