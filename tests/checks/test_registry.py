"""A check emits what it declares, no more and no less, whatever the desk."""

from dataclasses import replace
from datetime import timedelta

import pytest

from deskgate.case.case import Case
from deskgate.case.findings import BREAK_KINDS, Findings, Metric
from deskgate.case.metric_spec import EVERY_BOT, PORTFOLIO, THE_PORTFOLIO, MetricSpec, Scope
from deskgate.checks.parity import COMPARED
from deskgate.checks.registry import ACCOUNT, CHECKS, SPECS, Check, run_check, run_checks, specs_by_gate
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import RunError
from deskgate.config.instants import parse_instant
from deskgate.demo import DemoDesk
from deskgate.reconciliation.breaks.counts import AGE, VALUE
from deskgate.schema import TABLES
from deskgate.store.ingest import read_desk
from desks import DECLARING, INTERVALS, RISK, bot, case, desk, frame

LOSS = MetricSpec("loss", "share", EVERY_BOT, "doc")


def emitting(*metrics: Metric, declared: tuple[MetricSpec, ...] = (LOSS,)) -> Check:
    return Check("risk", "risk", lambda _: Findings(list(metrics)), declared)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (emitting(Metric("b1", "loss", 1.0), Metric("b1", "gain", 1.0)), "emits undeclared gain"),
        (emitting(), "does not emit loss of b1"),
        (emitting(Metric("b2", "loss", 1.0)), "does not emit loss of b1"),
        (emitting(*[Metric("b1", "loss", 1.0)] * 2), "emits twice loss of b1"),
    ],
)
def test_check_that_breaks_its_declaration_is_an_error(check: Check, said: str) -> None:
    with pytest.raises(RunError, match=f"the check risk {said}; correct"):
        run_check(check, case())


def test_check_may_measure_whom_nobody_judges() -> None:
    both = emitting(Metric("b1", "loss", 1.0), Metric(PORTFOLIO, "loss", None))
    assert len(run_check(both, case()).metrics) == 2


def test_run_checks_fails_on_a_check_that_breaks_its_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    forgetful = replace(CHECKS[0], metrics=(*CHECKS[0].metrics, LOSS))
    monkeypatch.setattr("deskgate.checks.registry.CHECKS", (forgetful, *CHECKS[1:]))
    with pytest.raises(RunError, match="does not emit loss of b1"):
        run_checks(case())


def emitted(of: Case) -> set[tuple[str, str]]:
    metrics, _ = run_checks(of)
    return set(metrics.select("gate", "metric").iter_rows())


DECLARED = {(gate, name) for gate, specs in SPECS.items() for name in specs}


@pytest.mark.slow
def test_demo_desk_emits_every_declared_metric(one_day_demo: DemoDesk) -> None:
    of = load_desk(one_day_demo.folder).model_copy(update=DECLARING)
    bots = {
        name: each.model_copy(update={"account": ["main"], "local": [*each.local, "logs/*.log*"]})
        for name, each in of.bots.items()
    }
    of = of.model_copy(update={"bots": bots})
    frames = {name: frame(name) for name in TABLES} | read_desk(of)
    as_of = parse_instant(str(one_day_demo.last_day)) + timedelta(days=1)
    assert emitted(Case(of, one_day_demo.last_day, as_of, frames, {}, INTERVALS, RISK)) == DECLARED


def test_desk_without_a_record_emits_every_declared_metric() -> None:
    three = desk(
        bot("b1", shadow="b2", account=["main"], local=["logs/*.log*"]), bot("b2", Mode.PAPER), bot("b3", Mode.DISABLED)
    )
    empty = case(three.model_copy(update=DECLARING), sources=[])
    assert emitted(empty) == DECLARED


def test_metric_declared_twice_in_a_gate_is_refused() -> None:
    with pytest.raises(ValueError, match="the metric loss declared twice"):
        specs_by_gate([emitting(), emitting()])


def test_every_break_kind_is_declared_with_its_value_and_age() -> None:
    assert {kind + part for kind in BREAK_KINDS for part in ("", VALUE, AGE)} <= set(SPECS["reconciliation"])


FLEET = desk(
    bot("live", shadow="paper"),
    bot("paper", Mode.PAPER),
    bot("spot", Mode.TESTNET, connector="kraken"),
    bot("off", Mode.DISABLED),
)


@pytest.mark.parametrize(
    ("gate", "metric", "judged"),
    [
        ("reconciliation", "fill_missing_local", ["live", "paper", "spot"]),
        ("reconciliation", "funding_missing", ["live"]),
        ("reconciliation", "funding_missing_age_h", ["live"]),
        ("reconciliation", "position_drift", ["live", "spot"]),
        ("reconciliation", "position_drift_value_quote", ["live", "spot"]),
        ("reconciliation", "orders_checked_share", ["live", "spot"]),
        ("reconciliation", "drift_drill_age_h", [PORTFOLIO]),
        ("soak", "snapshot_coverage", ["live", "paper", "spot"]),
        ("soak", "balance_gap_h", ["live", "spot"]),
        ("parity", "fill_ratio_delta", ["live"]),
        ("portfolio_risk", "concentration_share", [PORTFOLIO]),
        ("portfolio_risk", "exposure_quote", ["live"]),
    ],
)
def test_scope_says_who_is_judged(gate: str, metric: str, judged: list[str]) -> None:
    assert SPECS[gate][metric].scope.subjects(FLEET) == judged


@pytest.mark.parametrize("scope", [EVERY_BOT, COMPARED, THE_PORTFOLIO])
def test_disabled_bot_is_in_no_scope(scope: Scope) -> None:
    assert "off" not in scope.subjects(Desk(name="x", bots={"off": bot("off", Mode.DISABLED, shadow="b2")}))


def test_check_of_an_account_measures_no_portfolio(one_day_demo: DemoDesk) -> None:
    desk = load_desk(one_day_demo.folder)
    mine = [spec for check in CHECKS if check.per == ACCOUNT for spec in check.metrics]
    assert mine
    assert [spec.name for spec in mine if PORTFOLIO in spec.scope.subjects(desk)] == []
