"""The list of promotion gates: each is as bad as the worst of its critical verdicts."""

from typing import Any

import pytest

import verdicts
from deskgate.checks.registry import CHECKS
from deskgate.config.paths import SUITES
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.promotion import PREFLIGHT, PROMOTION, REPLAY, GateResult, Step, check_gates, promotion_gates
from deskgate.gates.suites import load_suites

SUITE = load_suites(SUITES)
PASS, FAIL, UNKNOWN, WAIVED = Status.PASS, Status.FAIL, Status.INSUFFICIENT, Status.WAIVED


def verdict(status: Status, *, entry: str = "config_drift", **changes: Any) -> Verdict:
    gate = next(name for name, suite in SUITE.items() if entry in {each.meta.entry for each in suite.expectations})
    about = {"title": f"about {entry}", "expectation": f"expectations/{gate}.json#{entry}"}
    return verdicts.verdict(status, gate=gate, check=entry, **about, **changes)


def gate(name: str, *verdicts: Verdict, steps: dict[str, Step] | None = None) -> GateResult:
    (found,) = [each for each in promotion_gates(SUITE, verdicts, steps or {}) if each.gate == name]
    return found


@pytest.mark.parametrize(
    ("verdicts", "status", "blocks"),
    [
        ([], UNKNOWN, False),
        ([(PASS, "critical")], PASS, False),
        ([(WAIVED, "critical")], PASS, False),
        ([(PASS, "critical"), (FAIL, "warning")], PASS, False),
        ([(PASS, "critical"), (UNKNOWN, "critical")], UNKNOWN, True),
        ([(UNKNOWN, "critical"), (FAIL, "critical")], FAIL, True),
        ([(FAIL, "warning"), (UNKNOWN, "critical")], UNKNOWN, True),
        ([(PASS, "warning"), (UNKNOWN, "warning")], UNKNOWN, False),
        ([(PASS, "info"), (FAIL, "info")], PASS, False),
    ],
)
def test_gate_is_as_bad_as_its_worst_critical_verdict(
    verdicts: list[tuple[Status, str]], status: Status, blocks: bool
) -> None:
    found = gate("baseline", *[verdict(one, severity=severity) for one, severity in verdicts])
    assert (found.status, found.blocks) == (status, blocks)
    assert found.reason


def test_what_blocks_is_said_with_what_to_do_and_where_to_look() -> None:
    first, second = verdict(FAIL), verdict(FAIL, stop=True, entry="entered_late_h")
    found = gate("baseline", first, second, verdict(PASS))
    assert (found.passed, found.critical, found.stops) == (1, 3, True)
    assert found.reason == "b1: about entered_late_h: r (and 1 more)"
    assert found.what_to_do == "d"
    assert found.evidence == (second.expectation, first.expectation)


def test_warning_of_a_passing_gate_is_named() -> None:
    found = gate("baseline", verdict(PASS), verdict(UNKNOWN, severity="warning", entry="entered_late_h"))
    assert found.reason == "1 critical check passes; warnings: about entered_late_h"


def test_checks_of_one_suite_may_feed_several_gates() -> None:
    stale = verdict(FAIL, entry="local_age_s")
    assert gate("market_data", stale).status is FAIL
    assert gate("event_store", stale).status is UNKNOWN


@pytest.mark.parametrize(("status", "blocks"), [(PASS, False), (FAIL, True), (UNKNOWN, True)])
def test_step_that_did_not_pass_blocks(status: Status, blocks: bool) -> None:
    steps = {PREFLIGHT: Step(status, "as it was", "do it", ("here",))}
    found = gate(PREFLIGHT, steps=steps)
    assert (found.status, found.blocks, found.reason, found.evidence) == (status, blocks, "as it was", ("here",))
    # A gate with a step and verdicts passes where both do.
    clock = verdict(PASS, entry="clock_behind_s")
    assert (gate(PREFLIGHT, clock, steps=steps).status, gate(PREFLIGHT, clock, steps=steps).blocks) == (status, blocks)
    # A warning about the clock does not hide it.
    warned = gate(PREFLIGHT, verdict(UNKNOWN, severity="warning", entry="clock_behind_s"), steps=steps)
    assert (warned.blocks, warned.reason.startswith("as it was")) == (blocks, True)
    behind = gate(PREFLIGHT, verdict(FAIL, entry="clock_behind_s"), steps=steps)
    assert (behind.status, behind.blocks) == (FAIL, True)


def test_every_check_has_a_gate_and_every_gate_something_that_feeds_it() -> None:
    assert set(check_gates()) == {(check.gate, check.name) for check in CHECKS}
    assert {each.name for each in PROMOTION} <= {*check_gates().values(), REPLAY}
    named: list[str] = [name for each in PROMOTION for name in each.checks]
    assert sorted(named) == sorted({check.name for check in CHECKS} & set(named))


def test_suite_that_no_gate_names_is_a_gate_of_its_own() -> None:
    gates = [each for each in PROMOTION if each.name != "soak"]
    found = promotion_gates(SUITE, [verdict(FAIL, entry="hard_stop_min")], {}, gates=gates)
    assert [(each.title, each.status) for each in found if each.gate == "soak"] == [(SUITE["soak"].meta.title, FAIL)]
