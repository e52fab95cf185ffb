"""The drift drill and its alert, through a real HTTP channel on loopback."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from day_inputs import day_inputs
from deskgate.assessment.assessment import Assessment
from deskgate.audit.chain import Chain
from deskgate.audit.checkpoint import NO_KEY, Checkpoint, find_checkpoints
from deskgate.audit.trail import Trail
from deskgate.case.findings import BREAK_KINDS
from deskgate.checks import drills
from deskgate.cli.app import app
from deskgate.config.desk import Alerts
from deskgate.config.errors import InputError
from deskgate.controls.alerts import Delivery, channels, drift_message, send
from deskgate.demo import DemoDesk
from deskgate.run import drill as module
from deskgate.run.break_alerts import alert_breaks
from deskgate.run.break_records import record_sightings
from deskgate.run.drill import drill_drift
from deskgate.store.tables import Store
from desks import END, case, desk, values
from webhook import Webhook
from whole_desks import NOW, IngestedDesk

# Apprise looks for a module that a later Python no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
DAY = "2026-03-05"
CHECKPOINT = Checkpoint("demo", 3, "ab" * 32)
# The demo's assessed days are kept in the process that assessed them.
ON_THE_DEMO = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def demo_day(ingested_demo: IngestedDesk) -> Assessment:
    return ingested_demo.assess(date(2026, 3, 5))


@pytest.fixture
def one_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a drill plant one kind alone, where what it plants is not looked at."""
    monkeypatch.setattr(module, "BREAK_KINDS", ("price_mismatch",))


@pytest.fixture
def two_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a drill plant two kinds alone: each one costs two reconciliations of the day."""
    monkeypatch.setattr(module, "BREAK_KINDS", ("price_mismatch", "wrong_side"))


def with_channel(day: Assessment, *urls: str) -> Assessment:
    configured = day.case.desk.model_copy(update={"alerts": Alerts(urls=list(urls))})
    return replace(day, case=replace(day.case, desk=configured))


@pytest.mark.long  # tests/run/test_drill_faults.py finds each kind too, without the drill around it
@ON_THE_DEMO
def test_drill_finds_each_kind_and_its_alert_arrives(demo_day: Assessment, channel: Webhook) -> None:
    made = drill_drift(with_channel(demo_day, channel.url), CHECKPOINT)
    assert [kind.kind for kind in made.kinds] == list(BREAK_KINDS)
    assert {kind.says for kind in made.kinds if not kind.ok} == set()
    assert made.passed
    assert made.alert.reached == ("json://127.0.0.1",)
    (alert,) = channel.heard
    assert alert["title"].startswith(f"DRILL demo 2026-03-05: {len(BREAK_KINDS)} injected breaks")
    assert "This is a drill" in alert["message"]


@pytest.mark.slow
@ON_THE_DEMO
@pytest.mark.usefixtures("one_kind")
def test_drill_fails_without_a_channel_or_where_one_is_not_reached(demo_day: Assessment, channel: Webhook) -> None:
    assert not drill_drift(demo_day, CHECKPOINT).passed
    channel.status = 500
    refused = drill_drift(with_channel(demo_day, channel.url), CHECKPOINT)
    assert (refused.passed, refused.alert.failed) == (False, ("json://127.0.0.1",))
    channel.status = 200
    assert drill_drift(with_channel(demo_day, channel.url), CHECKPOINT).passed


@pytest.mark.slow
@ON_THE_DEMO
@pytest.mark.parametrize(
    "blind",
    ["wrong_side", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("position_drift", "funding_missing"))],
)
def test_drill_fails_where_a_check_has_gone_blind(
    demo_day: Assessment, channel: Webhook, monkeypatch: pytest.MonkeyPatch, blind: str
) -> None:
    seeing = module._breaks
    monkeypatch.setattr(module, "BREAK_KINDS", ("price_mismatch", blind))
    monkeypatch.setattr(module, "_breaks", lambda *given: seeing(*given).filter(pl.col("kind") != blind))
    made = drill_drift(with_channel(demo_day, channel.url), CHECKPOINT)
    assert not made.passed
    assert [(kind.kind, kind.ok) for kind in made.kinds] == [("price_mismatch", True), (blind, False)]


def test_drill_of_a_day_without_records_fails(channel: Webhook) -> None:
    bare = case(desk().model_copy(update={"alerts": Alerts(urls=[channel.url])}))
    empty = Assessment(bare, pl.DataFrame(), pl.DataFrame(schema={"break_id": pl.String}), {}, INPUTS)
    made = drill_drift(empty, CHECKPOINT)
    assert not made.passed
    assert {kind.says for kind in made.kinds} == {"2026-05-04 has no record to inject it into"}


INPUTS = day_inputs(date=END.date())


def drilled(hours: int, *, passed: bool = True) -> dict[str, Any]:
    at = END - timedelta(hours=hours)
    return {"drill": "drift", "passed": passed, "evidence": "{}", "effective_at": at, "recorded_at": at}


@pytest.mark.parametrize(
    ("rows", "age_h"),
    [([], None), ([drilled(5)], 5), ([drilled(5), drilled(2, passed=False)], None), ([drilled(9), drilled(3)], 3)],
)
def test_age_of_the_last_drill(rows: list[dict[str, Any]], age_h: float | None) -> None:
    assert values(drills.check(case(drills=rows)).metrics, "portfolio") == {"drift_drill_age_h": age_h}


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.mark.slow
@pytest.mark.usefixtures("two_kinds")
def test_command_leaves_its_evidence_in_the_store(one_bot_demo: DemoDesk, tmp_path: Path, channel: Webhook) -> None:
    root = shutil.copytree(one_bot_demo.folder, tmp_path / "desk")
    at = ("--desk", root, "--out", tmp_path / "out", "--date", one_bot_demo.last_day.isoformat())
    failed = invoke("drill", "drift", *at)
    assert (failed.exit_code, "No channel is named" in failed.output) == (1, True), failed.output
    with (root / "desk.toml").open("a") as file:
        file.write(f'\n[alerts]\nurls = ["{channel.url}"]\n')
    passed = invoke("drill", "drift", *at, "--json")
    assert (passed.exit_code, json.loads(passed.output)["passed"]) == (0, True), passed.output
    store = Store.open(tmp_path / "out" / "store", "demo")
    rows = store.read(store.pin(), datetime.now(UTC), ["drills"])["drills"].sort("recorded_at")
    assert rows["passed"].to_list() == [False, True]
    assert [kind["ok"] for kind in json.loads(rows["evidence"][1])["kinds"]] == [True, True]
    assert "secret" not in rows["evidence"][1]


def test_wrong_channel_is_one_sentence_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    configured = desk().model_copy(update={"alerts": Alerts(urls=["nothing://token-of-mine/x"])})
    with pytest.raises(InputError, match=r"the alert channel nothing://… is not a supported Apprise URL") as error:
        send(configured, "t", "b", CHECKPOINT)
    assert "token-of-mine" not in str(error.value)
    absent = desk().model_copy(update={"alerts": Alerts(urls_env="NO_SUCH_CHANNELS")})
    with pytest.raises(InputError, match="the environment has no NO_SUCH_CHANNELS"):
        channels(absent)
    monkeypatch.setenv("NO_SUCH_CHANNELS", "json://a json://b")
    assert channels(absent) == ["json://a", "json://b"]


@ON_THE_DEMO
def test_message_lists_the_most_valuable_first(demo_day: Assessment) -> None:
    some = demo_day.breaks.clear()
    row = dict.fromkeys(some.columns, None) | {"kind": "wrong_side", "bot": "b", "ts": END, "break_id": "x"}
    rows = pl.DataFrame([row | {"value_quote": n, "break_id": f"id{n}"} for n in range(23)], strict=False)
    title, body = drift_message(demo_day.case.desk, DAY, rows)
    assert title == "demo 2026-03-05: 23 critical breaks"
    lines = body.splitlines()
    assert [lines[0].endswith("(id22)"), lines[22].endswith("(id0)")] == [True, True]
    assert lines[23:] == ["", "deskgate breaks lists them"]


@pytest.mark.slow
@ON_THE_DEMO
def test_each_channel_is_notified_once_and_again_of_what_changed_or_came_back(
    ingested_demo: IngestedDesk, tmp_path: Path, channel: Webhook
) -> None:
    judged = ingested_demo.assess(date(2026, 3, 3))
    # What was notified of is all that this store holds.
    store = Store.open(str(tmp_path / "store"), "demo")
    trail = Trail(Chain.open(tmp_path, "demo"))
    hours = iter(range(1, 99))
    instants: list[int] = []

    def run(urls: list[str], breaks: pl.DataFrame = judged.breaks, *, again: bool = False) -> Delivery | None:
        heard.clear()
        instants.append(instants[-1] if again else next(hours))
        configured = judged.case.desk.model_copy(update={"alerts": Alerts(urls=urls)})
        as_of = judged.case.as_of + timedelta(hours=instants[-1])
        it = replace(judged, case=replace(judged.case, desk=configured, as_of=as_of), breaks=breaks)
        clock = NOW + timedelta(minutes=len(instants))
        sent = alert_breaks(store, trail, it, lambda: clock)
        record_sightings(store, trail, it, clock)
        return sent

    heard, deaf = channel.heard, "json://127.0.0.1:9/x"
    assert run([]) is None
    refused = run([deaf])
    assert refused is not None
    assert (refused.failed, refused.ok) == (("json://127.0.0.1",), False)
    some = run([channel.url])
    assert some is not None
    assert some.ok
    assert "fill_missing_local bot1" in heard[0]["message"]
    # The chain is as it was before: what this alert is recorded in comes after it.
    assert [each.size for each in find_checkpoints(heard[0]["message"])] == [trail.chain.size - 3]
    assert NO_KEY in heard[0]["message"]
    assert "Keep this message" in heard[0]["message"]
    assert run([channel.url]) is None
    # Another address that has not taken it is notified alone.
    both = run([channel.url, deaf])
    assert both is not None
    assert (both.reached, both.failed, heard) == ((), ("json://127.0.0.1 (2)",), [])
    assert run([deaf, channel.url, channel.url]) == Delivery((), ("json://127.0.0.1",))
    dearer = judged.breaks.with_columns(value_quote=pl.col("value_quote") * 2)
    assert run([channel.url], dearer) is not None
    assert run([channel.url], dearer) is None
    # The last notification counts, not an earlier one.
    assert run([channel.url]) is not None
    assert run([channel.url], dearer) is not None
    cheap = dearer.with_columns(pl.col("value_quote") * 2, severity=pl.lit("warning"))
    assert run([channel.url], cheap) is None
    assert run([channel.url], cheap.with_columns(severity=pl.lit("critical"))) is not None
    assert run([channel.url], judged.breaks.clear()) is None
    assert run([channel.url], again=True) is not None
    assert run([channel.url], again=True) is None
    assert run([channel.url]) is None
    assert run([channel.url], judged.breaks.clear()) is None
    assert run([channel.url]) is not None
    assert run([channel.url], judged.breaks.with_columns(observed=pl.lit("else"), status=pl.lit("accepted"))) is None
