"""The steps of the checklist, which are no metrics, over a published day: as it stood when it was decided, and as of now."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskgate.audit.decision_ids import identified
from deskgate.audit.open_runs import begin_run
from deskgate.audit.trail import Trail
from deskgate.checks.incidents import NO_OWNER
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.paths import CHECKLIST, SUITES
from deskgate.gates.checklist import Done, ItemResult, load_items
from deskgate.gates.promotion import PROMOTION
from deskgate.gates.suites import load_suites
from deskgate.run.checklist import _go, checklist_of
from deskgate.run.checklist_marks import mark_item
from deskgate.run.incidents import open_incident, opening_content, own_incident, write_step
from deskgate.run.publish import record_decision
from deskgate.run.stop_alerts import BY_STOP
from report_inputs import of_before
from whole_desks import IngestedDesk

from .day_runs import DAY, decide_anew, decision

END = datetime(2026, 3, 3, tzinfo=UTC)
AN_HOUR_LATER = END + timedelta(hours=1)
ITEM = '[[item]]\nid = "{0}"\nsection = "x"\ntitle = "x"\nowner = "ops"\n{1}\n'
STEPS = ("audit", "decision", "incidents", "go")
LIST = "".join(ITEM.format(step, f'steps = ["{step}"]') for step in STEPS) + "".join(
    ITEM.format(what, f'applies_if = "{what}"\nentries = ["{entry}"]')
    for what, entry in {
        "live": "operations#open_incidents",
        "alerts": "soak#hard_stop_seen",
        "funded": "soak#funded_short_h",
    }.items()
)


@pytest.fixture(scope="module")
def published(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published day as a GO: what blocks a desk of one day is not looked at here. A list is beside it."""
    place = shutil.copytree(published, tmp_path_factory.mktemp("published"), dirs_exist_ok=True)
    decide_anew(load_desk(place / "desk"), place / "out", AN_HOUR_LATER, decision="GO", blockers=[])
    (place / "list.toml").write_text(LIST)
    return place


def found(day: IngestedDesk, now: datetime | None = None) -> dict[str, ItemResult]:
    results = checklist_of(day.desk, day.out / str(DAY), day.out.parent / "list.toml", now)
    return {each.item.id: each for each in results}


def done(day: IngestedDesk, now: datetime | None = None) -> set[str]:
    return {name for name, each in found(day, now).items() if each.item.steps and each.status is Done.DONE}


def test_item_of_the_go_says_what_it_rests_on(day: IngestedDesk) -> None:
    decided = decision(day.out) | {"waivers": [{"gate": "parity", "subject": "b1"}], "accepted": [{}]}
    step = _go(decided, "GO", None, ())
    assert step.reason.startswith("the decision is GO; GO rests on 1 waiver (parity of b1, ")
    assert " and 1 accepted break (" in step.reason
    assert _go(decided, "HOLD", None, ()).reason == "the decision is HOLD"


def test_go_that_holds_is_done_and_an_expired_one_as_of_now_is_not(day: IngestedDesk) -> None:
    everything = {"audit", "decision", "incidents", "go"}
    assert done(day) == everything
    assert done(day, AN_HOUR_LATER) == everything
    late = found(day, END + timedelta(hours=25))
    assert late["go"].reason == "the decision is GO and does not hold: it expired at 2026-03-04 00:00 UTC"


@pytest.mark.slow
def test_incident_and_run_since_the_decision_block_as_of_now(day: IngestedDesk) -> None:
    trail = Trail.open(day.desk, day.out)
    at = END + timedelta(minutes=30)
    open_incident(day.store, trail, title="key leaked", by="ann", effective_at=at, recorded_at=at)
    assert done(day) == {"audit", "decision", "incidents", "go"}
    now = found(day, AN_HOUR_LATER)
    assert (now["incidents"].status, now["go"].status) == (Done.BLOCKED, Done.BLOCKED)
    assert "key leaked" in now["incidents"].reason
    begin_run(day.out, DAY, at)
    assert "has not ended" in found(day, AN_HOUR_LATER)["go"].reason


def test_incident_that_the_decision_knows_blocks(day: IngestedDesk) -> None:
    content = decide_anew(day.desk, day.out, AN_HOUR_LATER, incidents=[{"id": "ab12"}])
    assert found(day)["incidents"].reason == "the incident ab12 was open"
    del content["incidents"]
    file, trail = day.out / str(DAY) / "decision.json", Trail.open(day.desk, day.out)
    content = identified(content | {"checkpoint": trail.checkpoint().as_json()})
    record_decision(trail, content, AN_HOUR_LATER)
    file.write_text(json.dumps(content))
    assert "does not say which incidents were open" in found(day)["incidents"].reason


def test_damaged_store_leaves_nothing_done_that_rests_on_it(day: IngestedDesk) -> None:
    next(iter((Path(day.store.location) / "fills").rglob("*.parquet"))).unlink()
    assert not done(day, AN_HOUR_LATER) & {"incidents", "go"}


def test_trail_that_is_not_there_is_not_intact_and_has_no_decision_on_record(day: IngestedDesk) -> None:
    shutil.rmtree(day.out / "audit")
    (day.out / str(DAY) / "decision.json").write_text(json.dumps(of_before(decision(day.out))))
    assert done(day) == {"incidents", "go"}
    assert found(day)["audit"].reason == "the trail has no record"


def test_row_that_a_killed_write_left_out_is_no_intact_trail(day: IngestedDesk) -> None:
    before = day.out.parent / "before"
    shutil.copytree(day.store.location, before)
    trail = Trail.open(day.desk, day.out)
    open_incident(day.store, trail, title="key leaked", by="ann", effective_at=END, recorded_at=END)
    place = Path(day.store.location)
    shutil.rmtree(place)
    before.rename(place)
    assert "of the table incidents" in found(day)["audit"].reason


def test_what_applied_on_the_day_applies_whatever_desk_toml_says_now(day: IngestedDesk) -> None:
    bots = {name: bot.model_copy(update={"mode": "paper"}) for name, bot in day.desk.bots.items()}
    edited = day.desk.model_copy(update={"bots": bots})
    after = found(IngestedDesk(edited, day.out))
    stands = {name: after[name].status for name in ("live", "alerts", "funded")}
    assert stands == {"live": Done.DONE, "alerts": Done.BLOCKED, "funded": Done.SKIPPED}


def test_shipped_list_asks_for_incidents_as_of_now() -> None:
    items = load_items(CHECKLIST, load_suites(SUITES), [gate.name for gate in PROMOTION])
    assert {"incidents"} <= {step for each in items for step in each.steps}


def mark(day: IngestedDesk, item: str, by: str = "ann", note: str = "read notebook 03", **to: object) -> None:
    done = bool(to.get("done", True))
    mark_item(day.desk, day.out, DAY, day.out.parent / "list.toml", item, done=done, by=by, note=note, at=AN_HOUR_LATER)


def test_mark_is_on_record_and_of_its_decision_alone(day: IngestedDesk) -> None:
    (day.out.parent / "list.toml").write_text(LIST + ITEM.format("read", 'manual = "day"'))
    assert found(day)["read"].status is Done.BLOCKED
    mark(day, "read")
    after = found(day)
    assert (after["read"].status, after["audit"].status) == (Done.DONE, Done.DONE)
    assert Trail.open(day.desk, day.out).chain.last(lambda it: it.kind == "checklist_mark") is not None
    mark(day, "read", note="wrong day", done=False)
    assert "wrong day" in found(day)["read"].reason


@pytest.mark.parametrize(
    ("item", "by", "note", "message"),
    [
        ("audit", "ann", "it is intact", "judged by evidence and is not marked"),
        ("raed", "ann", "read", "did you mean 'read'"),
        ("read", " ", "read", "--by is empty"),
        ("read", "ann", "", "--note is empty"),
    ],
)
def test_what_nobody_may_mark_is_refused(day: IngestedDesk, item: str, by: str, note: str, message: str) -> None:
    (day.out.parent / "list.toml").write_text(LIST + ITEM.format("read", 'manual = "day"'))
    with pytest.raises(InputError, match=message):
        mark(day, item, by, note)
    assert Trail.open(day.desk, day.out).chain.last(lambda it: it.kind == "checklist_mark") is None


def test_decision_that_is_not_on_record_cannot_be_answered_for(day: IngestedDesk) -> None:
    (day.out.parent / "list.toml").write_text(LIST + ITEM.format("read", 'manual = "day"'))
    other = identified(decision(day.out) | {"date": "2026-03-01"})
    (day.out / str(DAY) / "decision.json").write_text(json.dumps(other))
    with pytest.raises(InputError, match="not the last decision"):
        mark(day, "read")


def test_incident_of_a_decision_needs_an_owner(day: IngestedDesk) -> None:
    (day.out.parent / "list.toml").write_text(ITEM.format("owned", 'steps = ["incident_owners"]'))
    trail = Trail.open(day.desk, day.out)
    content = opening_content(NO_OWNER, "look at bot1", str(DAY))
    made = "0123456789ab"
    write_step(day.store, trail, made, "open", BY_STOP, "STOP", content, effective_at=END, recorded_at=END)
    decide_anew(day.desk, day.out, AN_HOUR_LATER, incidents=[{"id": made}])
    assert f"the incident {made} has no owner yet" in found(day)["owned"].reason
    own_incident(day.store, trail, made, "bob", by="ann", why="his bot", effective_at=END, recorded_at=AN_HOUR_LATER)
    assert found(day)["owned"].status is Done.DONE
    decide_anew(day.desk, day.out, AN_HOUR_LATER, decision="STOP", incidents=[])
    assert "names no incident" in found(day)["owned"].reason
