"""The breach drill: passes where each cap tells exactly its bots, and fails where one tells others, or none."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from deskgate.assessment.assessment import Assessment
from deskgate.case.findings import Metric, metrics_frame
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.checks.registry import SPECS
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.config.paths import SUITES as SUITES_IN_USE
from deskgate.controls.breaches import Breach, breaches_of
from deskgate.controls.sinks.outbox import OutboxSink
from deskgate.controls.sinks.sink import Answer, Outcome
from deskgate.gates.suites import Suite, load_suites
from deskgate.run import breach_drill as module
from deskgate.run.breach_drill import drill_breaches
from desks import END, bot, case, desk

from .test_drill import INPUTS

LIVE = desk(bot("a"), bot("b"), bot("p", Mode.PAPER), bot("off", Mode.DISABLED))


def entry(metric: str, action: str | None, applies_to: str, **bounds: float) -> dict[str, Any]:
    meta = {"entry": metric, "title": metric, "why": "w", "what_to_do": "d", "stop": action == "kill_switch"}
    return {
        "type": "expect_metric_within_bounds",
        "severity": "critical",
        "kwargs": {"metric": metric, **bounds},
        "meta": {**meta, "action": action, "applies_to": applies_to},
    }


def suite(gate: str, *entries: dict[str, Any]) -> Suite:
    about = {"title": gate, "notebook": "05"}
    return Suite.model_validate({"name": gate, "meta": about, "expectations": list(entries)})


SUITES = {
    "portfolio_risk": suite("portfolio_risk", entry("open_actions", "kill_switch", "book", max_value=0)),
    "event_store": suite(
        "event_store",
        entry("local_age_s", "reduce", "bot", max_value=3600),
        entry("events", None, "bot", min_value=1, min_sample=0),
    ),
}


def assessed(of: Desk = LIVE, suites: dict[str, Suite] = SUITES) -> Assessment:
    ages = [Metric(each.name, "local_age_s", 1.0, 1) for each in of.judged]
    metrics = pl.concat(
        [
            metrics_frame("portfolio_risk", [Metric(PORTFOLIO, "open_actions", 0.0, 1)]),
            metrics_frame("event_store", ages),
        ]
    )
    return Assessment(case(of), metrics, pl.DataFrame(), suites, INPUTS)


def test_each_cap_tells_its_bots_once_beyond_its_bound_and_unknown() -> None:
    made = drill_breaches(assessed(), END)
    assert made.passed
    assert {(each.entry, each.subject, each.bots) for each in made.outcomes} == {
        ("open_actions", PORTFOLIO, ("a", "b")),
        ("local_age_s", "a", ("a",)),
        ("local_age_s", "b", ("b",)),
        # Nobody is to be told of a paper bot, and nobody was.
        ("local_age_s", "p", ()),
    }
    assert sorted({each.how for each in made.outcomes}) == ["beyond its bound", "unknown"]
    assert len(made.outcomes) == 8
    assert made.records > 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda one: [], "told nobody"),
        (
            lambda one: [replace(one, bots=one.bots[:1])] if len(one.bots) > 1 else [one],
            "told a to kill_switch, expected a to kill_switch, b to kill_switch",
        ),
        (
            lambda one: [replace(one, bots=("a", "b"))] if one.subject == "a" else [one],
            "told a to reduce, b to reduce, expected a to reduce",
        ),
        (lambda one: [replace(one, action="soft_pause")], "to soft_pause, expected"),
        (lambda one: [one] if one.is_known else [], "told nobody"),
    ],
)
def test_drill_fails_where_a_breach_tells_the_wrong_bots(
    monkeypatch: pytest.MonkeyPatch, wrong: Any, says: str
) -> None:
    def mistaken(*given: Any) -> list[Breach]:
        return [each for one in breaches_of(*given) for each in wrong(one)]

    monkeypatch.setattr(module, "breaches_of", mistaken)
    made = drill_breaches(assessed(), END)
    assert not made.passed
    assert any(says in each.says for each in made.outcomes if not each.ok)


def test_each_cap_of_the_suites_in_use_tells_its_bots() -> None:
    suites = load_suites(SUITES_IN_USE)
    known = pl.concat(
        [
            metrics_frame(
                gate,
                [Metric(who, name, 0.0, 9) for name, spec in specs.items() for who in spec.scope.subjects(LIVE)],
            )
            for gate, specs in SPECS.items()
        ]
    )
    made = drill_breaches(replace(assessed(suites=suites), metrics=known), END)
    assert [each for each in made.outcomes if not each.ok] == []
    assert made.passed
    calling = {entry.meta.entry for suite in suites.values() for entry in suite.expectations if entry.meta.action}
    assert {each.entry for each in made.outcomes} <= calling
    assert {"daily_loss_share", "drawdown_share"} <= {each.entry for each in made.outcomes}


def test_drill_without_a_live_bot_or_a_cap_shows_nothing() -> None:
    assert not drill_breaches(assessed(desk(bot("p", Mode.PAPER))), END).passed
    capless = {"event_store": suite("event_store", entry("events", None, "bot", min_value=1))}
    assert not drill_breaches(assessed(suites=capless), END).passed


def test_drill_fails_where_its_records_do_not_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "first_fault", lambda _: "changed")
    assert not drill_breaches(assessed(), END).passed


def test_what_the_sink_did_not_take_is_said_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OutboxSink, "send", lambda *_: Answer(Outcome.FAILED, "the disk is full"))
    made = drill_breaches(assessed(), END)
    says = {each.says for each in made.outcomes if each.entry == "open_actions"}
    assert says == {"told nobody, expected a to kill_switch, b to kill_switch; the disk is full"}
