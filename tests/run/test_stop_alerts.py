"""The incident of a STOP: opened once, alerted until each channel has heard of it."""

import shutil
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from controls import runs
from deskgate.assessment.assessment import Assessment
from deskgate.audit.checkpoint import Checkpoint
from deskgate.audit.trail import Trail
from deskgate.config.instants import stamp
from deskgate.reports.blocking_cause import BlockingCause, order_of
from deskgate.reports.blocking_causes import blocking_causes
from deskgate.run import stop_alerts
from deskgate.run.incidents import known_incidents, opening_content, write_step
from deskgate.run.stop_alerts import alert_stops
from deskgate.store.tables import Store
from whole_desks import NOW, IngestedDesk

SECOND = timedelta(seconds=1)
pytestmark = [pytest.mark.xdist_group("faulty demo"), pytest.mark.slow]


@dataclass
class Channel(runs.Channel):
    """A channel that is alerted with the trail's checkpoint, and whose key is its name."""

    with_checkpoint = True
    shown: str = "hears"

    @property
    def key(self) -> str:
        return self.shown


@dataclass(frozen=True)
class Stopped:
    store: Store
    trail: Trail
    assessment: Assessment

    def alert(self, *channels: Channel, later: timedelta = timedelta(0)) -> dict[str, bool] | None:
        case = replace(self.assessment.case, as_of=self.assessment.case.as_of + later)
        sent = alert_stops(self.store, self.trail, channels, replace(self.assessment, case=case), lambda: NOW)
        return dict(sent.took) if sent else None

    def close(self, incident_id: str, at: datetime, over_at: datetime) -> None:
        content = {"evidence": [], "over_at": stamp(over_at)}
        write_step(
            self.store, self.trail, incident_id, "close", "ann", "over", content, effective_at=at, recorded_at=NOW
        )


@pytest.fixture
def stopped(ingested_faulty_demo: IngestedDesk, tmp_path: Path) -> Stopped:
    out = shutil.copytree(ingested_faulty_demo.out, tmp_path / "out")
    desk = ingested_faulty_demo.desk
    return Stopped(
        Store.open(out / "store", desk.name), Trail.open(desk, out), ingested_faulty_demo.assess(date(2026, 3, 3))
    )


def test_stop_opens_one_incident_for_its_conditions(stopped: Stopped) -> None:
    hears, case = Channel(), stopped.assessment.case
    assert stopped.alert(hears) == {"hears": True}
    (known,) = known_incidents(stopped.store)
    assert (known.day, known.opened_at) == ("2026-03-03", case.as_of)
    stops = {(each.gate, each.check, each.subject) for each in stopped.assessment.verdicts if each.stops}
    assert set(known.conditions) == stops
    assert len(stops) > 1
    assert stopped.alert(hears) is None
    ((title, body),) = hears.heard
    assert title == f"demo {known.title}"
    # Named after the worst one, as on the pages.
    (gate, check, subject), *_ = [each for each in order_of(blocking_causes(stopped.assessment)) if each in stops]
    worst = next(e for e in stopped.assessment.verdicts if (e.gate, e.check, e.subject) == (gate, check, subject))
    assert known.title == f"STOP on 2026-03-03: {subject}: {worst.title} and {len(stops) - 1} more"
    assert known.conditions[0] == (gate, check, subject)
    assert f"Incident {known.id} blocks" in body
    probes = stopped.store.read(stopped.store.pin(), case.as_of, ("probes",))["probes"]
    assert probes.filter(kind="delivery").select("subject", "ok").rows() == [("hears", True)]
    assert known_incidents(stopped.store, case.as_of - timedelta(seconds=1)) == []


def test_defect_of_the_order_keeps_no_stop_back(stopped: Stopped, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Assessment) -> list[BlockingCause]:
        raise AssertionError

    monkeypatch.setattr(stop_alerts, "blocking_causes", broken)
    assert stopped.alert(Channel()) == {"hears": True}
    (known,) = known_incidents(stopped.store)
    stops = [(each.gate, each.check, each.subject) for each in stopped.assessment.verdicts if each.stops]
    assert list(known.conditions) == stops


def test_channel_that_did_not_take_the_alert_is_sent_it_again(stopped: Stopped) -> None:
    hears, broken = Channel(), Channel("broken", takes=False)
    assert stopped.alert(hears, broken) == {"hears": True, "broken": False}
    assert stopped.alert(hears, broken) == {"broken": False}
    broken.takes = True
    assert stopped.alert(hears, broken) == {"broken": True}
    assert stopped.alert(hears, broken) is None
    assert len(known_incidents(stopped.store)) == 1
    assert len(hears.heard) == 1
    assert {title for title, _ in broken.heard} == {title for title, _ in hears.heard}
    (known,) = known_incidents(stopped.store)
    assert known.todo
    assert all(f"What to do: {known.todo}" in body for _, body in (*hears.heard, *broken.heard))


def test_channel_of_several_incidents_is_named_once(stopped: Stopped) -> None:
    deaf = Channel(takes=False)
    stopped.alert(deaf)
    (first,) = known_incidents(stopped.store)
    content, at = opening_content("bob", "look", "2026-03-02", [("risk", "leverage", "bot1")]), first.opened_at
    write_step(stopped.store, stopped.trail, "i2", "open", "x", "STOP", content, effective_at=at, recorded_at=NOW)

    class OfOne(Channel):
        def notify(self, title: str, body: str, checkpoint: Checkpoint | None) -> bool:
            return super().notify(title, body, checkpoint) and "i2 blocks" in body

    hears, part = Channel(), OfOne("part")
    sent = alert_stops(stopped.store, stopped.trail, [hears, part], stopped.assessment, lambda: NOW)
    assert sent is not None
    assert (len(hears.heard), len(part.heard)) == (2, 2)
    assert sent.sentence == "The alert reached hears; it did not reach part"


def test_deliveries_are_read_once_for_all_open_incidents(stopped: Stopped, monkeypatch: pytest.MonkeyPatch) -> None:
    hears, reads, lazy = Channel(), list[str](), Store.lazy
    stopped.alert(hears)
    (first,) = known_incidents(stopped.store)
    for name in ("i2", "i3"):
        content = opening_content("bob", "", "2026-03-02", [("risk", name, "bot1")])
        at = first.opened_at
        write_step(stopped.store, stopped.trail, name, "open", "x", "STOP", content, effective_at=at, recorded_at=NOW)

    def counted(store: Store, name: str, *given: Any, **options: Any) -> pl.LazyFrame:
        reads.append(name)
        return lazy(store, name, *given, **options)

    monkeypatch.setattr(Store, "lazy", counted)
    assert stopped.alert(hears) == {"hears": True}
    assert [body for _, body in hears.heard[1:] if "What to do" in body] == []
    assert (len(hears.heard), reads.count("probes")) == (3, 1)


def test_stop_is_alerted_before_it_is_recorded(stopped: Stopped, monkeypatch: pytest.MonkeyPatch) -> None:
    hears = Channel()
    with monkeypatch.context() as patch:
        patch.setattr(Store, "append", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            stopped.alert(hears)
    assert len(hears.heard) == 1


def test_incident_that_was_closed_holds_for_instants_before_it_was_over(stopped: Stopped) -> None:
    hears, hour = Channel(), timedelta(hours=1)
    stopped.alert(hears)
    (known,) = known_incidents(stopped.store)
    stopped.close(known.id, known.opened_at + 3 * hour, known.opened_at + hour)
    assert stopped.alert(hears) is None
    assert stopped.alert(hears, later=hour - SECOND) is None
    assert stopped.alert(hears, later=hour) == {"hears": True}
    assert [each.is_open for each in known_incidents(stopped.store)] == [False, True]
