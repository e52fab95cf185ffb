"""A bot without an event stream: judged by its other legs where desk.toml says so until a date, and by nothing less."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from deskgate.case.case import Case
from deskgate.checks.registry import SPECS, run_checks
from deskgate.config.desk import Desk
from deskgate.config.legs import LegsWaiver
from deskgate.gates.decision import Decision, decide
from deskgate.gates.evaluation import Status, Verdict, evaluate
from deskgate.gates.rests_on import rests_on, waivers_of
from deskgate.gates.waiver_records import LEGS
from deskgate.gates.waivers import apply_waivers, waived_legs
from deskgate.reports.pages.banner import banner
from deskgate.schema import TABLES
from whole_desks import IngestedDesk

pytestmark = pytest.mark.xdist_group("demo")
DAY, END = date(2026, 3, 5), datetime(2026, 3, 6, tzinfo=UTC)


def two_legged(desk: Desk, **changes: Any) -> Desk:
    """Return the demo desk with bot1 judged by database and venue."""
    texts = {"by": "ann", "approver": "bob", "why": "no broker on this host"}
    span = {"since": END - timedelta(days=9), "until": END + timedelta(days=9)}
    waiver = LegsWaiver.model_validate({**texts, **span, **changes})
    bot = desk.bots["bot1"].model_copy(update={"events": [], "legs": ("local", "exchange"), "legs_waiver": waiver})
    return desk.model_copy(update={"bots": {**desk.bots, "bot1": bot}})


@pytest.fixture(scope="module")
def silent(ingested_demo: IngestedDesk) -> Case:
    """The GO day without a record of bot1's stream."""
    case = ingested_demo.assess(DAY).case
    frames = {name: case.frames[name] for name in TABLES}
    of_stream = (pl.col("bot") == "bot1") & (pl.col("leg") == "events")
    kept = {
        name: table.filter(~of_stream) if {"bot", "leg"} <= set(table.columns) else table
        for name, table in frames.items()
    }
    return replace(case, desk=two_legged(case.desk), frames=kept)


@pytest.fixture(scope="module")
def metrics(silent: Case) -> pl.DataFrame:
    return run_checks(silent)[0]


def judged(ingested_demo: IngestedDesk, metrics: pl.DataFrame, desk: Desk) -> list[Verdict]:
    suites = ingested_demo.assess(DAY).suites
    return apply_waivers(evaluate(suites, metrics, desk), suites, waived_legs(desk), END)


def test_what_is_declared_to_need_the_stream_is_what_has_no_value_without_it(
    ingested_demo: IngestedDesk, metrics: pl.DataFrame
) -> None:
    before = ingested_demo.assess(DAY).metrics.filter(pl.col("subject") == "bot1", pl.col("value").is_not_null())
    without = metrics.filter(pl.col("subject") == "bot1", pl.col("value").is_null())
    lost = set(before.join(without, on=["gate", "subject", "metric"], how="semi").select("gate", "metric").iter_rows())
    needed = {(gate, name) for gate, specs in SPECS.items() for name, spec in specs.items() if spec.leg == "events"}
    assert lost <= needed
    assert (
        needed
        & set(metrics.filter(pl.col("subject") == "bot1").drop_nulls("value").select("gate", "metric").iter_rows())
        == set()
    )


def test_it_is_a_go_that_says_so_on_every_page(
    ingested_demo: IngestedDesk, metrics: pl.DataFrame, silent: Case
) -> None:
    verdicts = judged(ingested_demo, metrics, silent.desk)
    assert decide(verdicts) is Decision.GO
    waivers = waivers_of(verdicts, waived_legs(silent.desk))
    assert [(each["gate"], each["subject"], each["verdicts"] > 10) for each in waivers] == [(LEGS, "bot1", True)]
    assert "by ann, approved by bob: no broker on this host" in rests_on("GO", waivers, [])
    decision: Mapping[str, object] = {"decision": "HOLD", "waivers": waivers, "blockers": []}
    assert banner(decision).lacks_leg


@pytest.mark.parametrize(
    "changes", [{"until": END}, {"since": END + timedelta(seconds=1), "until": END + timedelta(days=2)}]
)
def test_outside_of_its_span_the_stream_is_missing(
    ingested_demo: IngestedDesk, metrics: pl.DataFrame, silent: Case, changes: dict[str, datetime]
) -> None:
    verdicts = judged(ingested_demo, metrics, two_legged(silent.desk, **changes))
    assert decide(verdicts) is not Decision.GO
    assert not any(verdict.status is Status.WAIVED for verdict in verdicts)
    ended = [verdict for verdict in verdicts if "EXPIRED" in verdict.reason]
    assert bool(ended) is (changes["until"] == END)


def test_a_stream_that_is_there_is_judged(ingested_demo: IngestedDesk, silent: Case) -> None:
    day = ingested_demo.assess(DAY)
    broken = pl.col("metric").is_in(["coverage_h", "kill_events"]) & (pl.col("subject") == "bot1")
    torn = day.metrics.with_columns(value=pl.when(~broken).then("value"))
    verdicts = judged(ingested_demo, torn, silent.desk)
    assert decide(verdicts) is not Decision.GO
    assert not any(verdict.status is Status.WAIVED for verdict in verdicts)


def test_nothing_of_another_bot_and_no_failure_is_waived(
    ingested_demo: IngestedDesk, metrics: pl.DataFrame, silent: Case
) -> None:
    verdicts = judged(ingested_demo, metrics, silent.desk)
    waived = [verdict for verdict in verdicts if verdict.status is Status.WAIVED]
    assert {verdict.subject for verdict in waived} == {"bot1"}
    assert all(verdict.observed is None for verdict in waived)
