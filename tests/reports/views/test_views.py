"""The frames that notebooks show, on the demo's faulty day, against sums made another way."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.config.errors import InputError
from deskgate.config.paths import NOTEBOOKS
from deskgate.demo import DemoDesk
from deskgate.gates.evaluation import Status
from deskgate.gates.promotion import PROMOTION, REPLAY, check_gates
from deskgate.reports import opening
from deskgate.reports.day import NONE_BLOCKS, Day
from deskgate.reports.opening import open_day
from deskgate.reports.pages.causes import causes_part
from deskgate.reports.pages.own_record import own_record_part
from deskgate.reports.views.registry import VIEWS, compute_views
from whole_desks import IngestedDesk, publish_day

# The demo's assessed days are kept in the process that assessed them.
pytestmark = pytest.mark.xdist_group("demo")
DAY = date(2026, 3, 3)


@pytest.fixture(scope="module")
def out(ingested_demo: IngestedDesk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(ingested_demo.out, tmp_path_factory.mktemp("day") / "out")


@pytest.fixture(scope="module")
def day(ingested_demo: IngestedDesk, out: Path) -> Day:
    assessment = ingested_demo.assess(DAY)
    artifacts = publish_day(assessment, out, compute_views(assessment))
    return Day(ingested_demo.desk, artifacts)


@pytest.mark.slow
def test_soak_shows_each_state_and_how_long_there_is_to_go(day: Day) -> None:
    spans, ready = day.view("survival"), day.view("readiness")
    assert set(spans["bot"]) == {"bot1", "bot3", "bot4"}
    assert set(spans["state"]) == {"running", "no record"}
    silent = spans.filter(pl.col("state") == "no record", pl.col("bot") == "bot1")
    assert silent["end"].max() == datetime(2026, 3, 4, tzinfo=UTC)
    assert dict(ready.select("bot", "soak").rows()) == {"bot1": "hold", "bot3": "ready", "bot4": "ready"}
    assert ready.filter(pl.col("bot") == "bot1").select("clean_h", "hours_to_go").row(0) == (0, 24)


def test_result_of_verdicts_that_do_not_block_is_no_decision(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    assert day.result == "STOP"
    passed = [replace(each, status=Status.PASS) for each in day.artifacts.verdicts()]
    monkeypatch.setattr(DayArtifacts, "verdicts", lambda _: passed)
    assert Day(day.desk, day.artifacts).result == NONE_BLOCKS


def test_realised_pnl_names_its_method(day: Day) -> None:
    assert day.accounting.startswith("Realised PnL is by average cost ([desk] accounting in desk.toml)")
    assert day.artifacts.inputs.canonical()["accounting"] == "average"
    for view in ("pnl", "parity_bridge"):
        assert set(day.view(view)["accounting"]) == {"average cost"}
    titles = day.view("parity_deltas").filter(pl.col("measure") == "realized_pnl_bps")["title"]
    assert set(titles) == {"Realised PnL, net (average cost)"}


def test_page_shows_every_blocker_by_its_cause(day: Day) -> None:
    shown = causes_part(day.artifacts.folder)
    assert sum(cause.verdicts for cause, _ in shown) == sum(each.blocks for each in day.artifacts.verdicts())
    assert [cause.stops for cause, _ in shown] == sorted((cause.stops for cause, _ in shown), reverse=True)
    assert {sign.colour for cause, sign in shown if cause.stops} == {"fail"}


def test_page_counts_the_fills_that_nothing_confirms(day: Day) -> None:
    bots = day.view("own_record_bots")
    part = own_record_part(day.artifacts.folder)
    assert (part is None) == bots.is_empty()
    assert not bots["is_shown"].any()
    assert part is None or (len(part.says), part.tables) == (bots.height, ())


def test_coverage_has_the_outage_as_one_gap(day: Day) -> None:
    spans = day.view("coverage")
    gaps = spans.filter(~pl.col("covered")).select("bot", "start", "end").rows()
    assert gaps == [("bot1", datetime(2026, 3, 3, 22, 40, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC))]
    lengths = spans.group_by("bot").agg((pl.col("end") - pl.col("start")).sum()).get_column("end")
    assert set(lengths) == {timedelta(hours=24)}


def test_hours_add_up_to_the_events_of_the_day(day: Day) -> None:
    counted = day.metrics("event_store").filter(pl.col("metric") == "events").get_column("value").sum()
    assert day.view("events_per_hour").get_column("count").sum() == counted


def test_every_judged_leg_has_an_age_and_a_bound(day: Day) -> None:
    ages = day.view("source_ages")
    assert ages.height == 9
    assert ages.null_count().row(0) == (0, 0, 0, 0, 0)


def test_fills_by_leg_show_what_the_bot_missed(day: Day) -> None:
    bot1 = day.view("fill_coverage").row(0, named=True)
    assert bot1["exchange"] - bot1["local"] == day.breaks.height == bot1["fills"] - bot1["in_all"]


def test_positions_end_where_the_account_says(day: Day) -> None:
    seen = day.view("positions").filter(pl.col("snapshot").is_not_null())
    assert seen.height == 2 * 4
    assert ((seen["position"] - seen["snapshot"]).abs() < 1e-9).all()


def test_pnl_is_shown_of_the_bots_that_can_be_valued(day: Day) -> None:
    # bot3 opens with no balance, bot4 paid fees in a token without a price.
    assert day.view("pnl").get_column("bot").unique().to_list() == ["bot1"]
    series = day.view("pnl")
    assert series.get_column("pnl_quote").is_finite().all()
    parts = series["realized_quote"] + series["unrealized_quote"] - series["fees_quote"] + series["funding_quote"]
    assert ((parts - series["pnl_quote"]).abs() < 1e-9).all()
    # What the chart draws ends at the number that is judged.
    metric = day.metrics("portfolio_risk").filter((pl.col("subject") == "bot1") & (pl.col("metric") == "pnl_quote"))
    assert metric["value"].item() == series["pnl_quote"][-1]


def test_each_cap_of_the_book_is_shown_beside_what_is_used_of_it(day: Day) -> None:
    caps = day.view("risk_caps")
    judged = day.verdicts.filter(gate="portfolio_risk", severity="critical")
    assert caps.height == judged.height
    loss = caps.filter(pl.col("check") == "Daily loss").row(0, named=True)
    assert (loss["warn"], loss["cap"], loss["action"]) == (0.024, 0.03, "soft_pause")
    assert loss["used"] == pytest.approx(loss["value"] / 0.03)
    path = day.view("risk_path")
    assert path["measure"].unique(maintain_order=True).to_list() == ["Daily loss", "Drawdown", "Leverage"]
    assert path.filter(pl.col("measure") == "Daily loss")["value"].max() >= loss["value"]


def test_every_bot_of_the_desk_is_listed_with_what_it_says_of_itself(day: Day) -> None:
    bots = day.view("risk_bots")
    assert bots.select("bot", "mode", "in_the_book").rows() == [
        ("bot1", "live", "yes"),
        ("bot2", "disabled", "no"),
        ("bot3", "paper", "no"),
        ("bot4", "testnet", "no"),
    ]
    valued = bots.filter(pl.col("because").is_null())
    assert valued["bot"].to_list() == ["bot1"]
    assert valued["difference"][0] == pytest.approx(valued["equity_by_the_bot"][0] - valued["equity"][0])
    # Its host is down since 22:40.
    assert valued["age_h"][0] == pytest.approx(4 / 3, abs=0.05)


def test_passing_checks_share_a_row_and_need_nothing_done(day: Day) -> None:
    rows = day.gate("soak").rows
    assert "gate" not in rows.columns
    fine = rows.filter(pl.col("status") == "PASS")
    assert fine.get_column("what_to_do").null_count() == fine.height
    assert day.blocking().height > 0


@pytest.mark.slow
def test_day_opened_alone_is_assessed_and_the_demos_last_one_is_the_default(
    demo: DemoDesk, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "DEMO_DESK", demo.folder)
    monkeypatch.setattr(opening, "DEMO_OUT", out)
    alone = open_day()
    assert alone.desk.root == demo.folder
    assert alone.artifacts.inputs.date == demo.last_day
    assert alone.result == NONE_BLOCKS
    assert set(alone.artifacts.view_files) == set(VIEWS)
    assert alone.artifacts.folder.is_dir()


@pytest.mark.slow
def test_view_of_a_day_opened_alone_is_computed_when_it_is_read(ingested_demo: IngestedDesk, out: Path) -> None:
    alone = open_day(str(ingested_demo.desk.root), out=str(out))
    files = [alone.artifacts.folder / file for file in alone.artifacts.view_files.values()]
    assert not any(file.exists() for file in files)
    computed = VIEWS["source_ages"](ingested_demo.assess(alone.artifacts.inputs.date))
    assert computed.height > 0
    assert alone.view("source_ages").equals(computed)
    assert alone.history("source_ages", days=1).rows.drop("date").equals(computed)
    assert [file.stem for file in files if file.exists()] == ["source_ages"]
    with pytest.raises(InputError, match=r"no view is called 'source_age' .*did you mean 'source_ages'"):
        alone.view("source_age")


def test_day_that_was_run_is_read_from_its_files(demo: DemoDesk, day: Day, out: Path) -> None:
    shown = open_day(str(demo.folder), date=str(DAY), out=str(out), folder="gone")
    assert shown.artifacts == DayArtifacts.open(out / str(DAY)) == day.artifacts
    assert shown.breaks.equals(day.breaks)
    assert shown.breaks.height == 3
    assert shown.case.frames["fills"].height > 0


def test_passed_over_files_are_told_with_the_reason(ingested_demo: IngestedDesk) -> None:
    assessment = ingested_demo.assess(DAY)
    told = replace(assessment, passed_over={"data/notes.csv": "a first line that begins 'x'"})
    assert VIEWS["passed_over"](assessment).is_empty()
    assert VIEWS["passed_over"](told)["summary"].to_list() == [
        "data/notes.csv: passed over, a first line that begins 'x'"
    ]


def test_every_view_is_shown_by_a_notebook_and_every_one_shown_exists() -> None:
    cells = "".join(file.read_text() for file in NOTEBOOKS.rglob("*.ipynb"))
    assert set(re.findall(r'day\.view\(\\"(\w+)\\"', cells)) == set(VIEWS)


def test_promotion_gates_are_those_of_the_command_line(day: Day) -> None:
    gates = day.view("promotion_gates")
    assert gates.height == len({*(gate.name for gate in PROMOTION), *check_gates().values()} - {REPLAY})
    blocked = gates.filter("blocks")
    assert set(blocked["status"]) <= {"FAIL", "INSUFFICIENT"}
    assert blocked.filter(pl.col("what_to_do").is_null()).is_empty()
    by_suite = day.verdicts.filter(pl.col("severity") == "critical", ~pl.col("status").is_in(["PASS", "WAIVED"]))
    assert blocked.is_empty() is by_suite.is_empty()


def test_what_the_run_looked_at_is_shown(day: Day) -> None:
    assert set(day.view("probes")["kind"]) == {"secrets", "clock", "files"}
    assert day.view("incidents").is_empty()


def test_ladder_has_the_sums_that_the_gates_judged(day: Day) -> None:
    rows = {row["bot"]: row for row in day.view("ladder").iter_rows(named=True)}
    assert list(rows) == ["bot1", "bot3", "bot4"]
    judged = dict(day.metrics("portfolio_risk").filter(pl.col("subject") == "bot1")["metric", "value"].rows())
    live = rows["bot1"]
    assert live["worth_end"] - live["worth_start"] == pytest.approx(judged["pnl_quote"])
    assert live["equity_start"] == pytest.approx(judged["equity_quote"])
    assert live["worth_low"] <= min(live["worth_start"], live["worth_end"])
    assert live["worth_high"] >= max(live["worth_start"], live["worth_end"])
    assert 0 < live["drawdown_share"] < 0.01
    compared = dict(day.metrics("parity").filter(pl.col("subject") == "bot1")["metric", "value"].rows())
    assert live["reject_rate_num"] / live["reject_rate_den"] == pytest.approx(compared["reject_rate"])
    assert 1e4 * live["slippage_p95_bps_num"] / live["fees_bps_den"] == pytest.approx(
        compared["slippage_bps"], rel=0.05
    )
    delta = live["slippage_delta_bps_num"] / live["slippage_delta_bps_den"]
    assert delta == pytest.approx(compared["slippage_bps_delta"])
    assert len(live["slippage_bps"]) == min(100, live["slippage_p95_bps_den"])
    assert "compared with nothing" in rows["bot4"]["slippage_delta_bps_why"]
    assert (rows["bot3"]["worth_end"], "bots.bot3.opening" in rows["bot3"]["worth_why"]) == (None, True)
