"""Causes of alerts: one alert a cause, occurrence and channel, until the channel took it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskgate.audit.trail import Trail
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import RunError
from deskgate.run.causes import Cause, alert_causes, cause_of, open_record
from deskgate.store.tables import Store

from .alerting import Channel, a_desk, stored

START = datetime(2026, 3, 3, tzinfo=UTC)
LAPSED, LATE = Cause("lapsed/1", "a lapsed GO", "the GO lapsed"), Cause("missing/2", "no run", "no decision")


class Alerts:
    """Alerts of a desk, an hour apart."""

    def __init__(self, folder: Path) -> None:
        self.desk, self.out = load_desk(a_desk(folder / "desk")), folder / "out"
        self.says: list[str] = []
        self._at = START

    def send(self, causes: list[Cause], *channels: Channel, minutes: int = 90) -> bool:
        """Alert the causes; return whether anything was sent."""
        record = open_record(self.desk, self.out, causes, self.says.append, begin=True)
        self._at += timedelta(minutes=minutes)
        sent = alert_causes("d", causes, channels, record, is_over=lambda _: True, now=lambda: self._at)
        return sent is not None


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[Alerts]:
    made = Alerts(tmp_path)
    yield made
    assert made.says == []


def test_cause_is_alerted_once_and_another_one_alone(alerts: Alerts) -> None:
    mail = Channel()
    assert alerts.send([LAPSED], mail)
    assert not alerts.send([LAPSED], mail)
    assert alerts.send([LAPSED, LATE], mail)
    assert [title for title, _ in mail.heard] == ["d: a lapsed GO", "d: no run"]
    assert ["the GO lapsed" in body for _, body in mail.heard] == [True, False]
    content = stored(alerts.out, "probes").filter(kind="delivery")["content"]
    assert ['"what": "the alert of' in each for each in content] == [True, True]


def test_cause_that_ended_and_comes_back_is_alerted_again(alerts: Alerts) -> None:
    mail = Channel()
    assert [alerts.send(causes, mail) for causes in ([LAPSED], [], [LAPSED], [LAPSED])] == [True, False, True, False]
    assert stored(alerts.out, "probes").filter(kind="cause")["ok"].to_list() == [False, True, False]


def test_channel_that_did_not_take_it_is_sent_it_until_it_does(alerts: Alerts) -> None:
    mail, chat = Channel(), Channel("chat", takes=False)
    assert alerts.send([LAPSED], mail, chat)
    assert alerts.send([LAPSED], mail, chat)
    chat.takes = True
    assert alerts.send([LAPSED], mail, chat)
    assert not alerts.send([LAPSED], mail, chat)
    assert (len(mail.heard), len(chat.heard)) == (1, 3)


def test_channel_that_stays_away_is_noted_once_an_hour(alerts: Alerts) -> None:
    chat = Channel(takes=False)
    for _ in range(5):
        assert alerts.send([LAPSED], chat, minutes=25)
    assert len(chat.heard) == 5
    assert stored(alerts.out, "probes").filter(kind="delivery").height == 2


def test_nothing_new_writes_nothing(alerts: Alerts) -> None:
    mail = Channel()
    alerts.send([LAPSED], mail)
    chain = Trail.open(alerts.desk, alerts.out).chain.file.read_bytes()
    alerts.send([LAPSED], mail)
    assert Trail.open(alerts.desk, alerts.out).chain.file.read_bytes() == chain


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("events.jsonl has 9 records from before", "events.jsonl has 1,234 records from before", True),
        ("the later day 2026-03-06 has 1 blockers", "the later day 2026-03-06 has 2 blockers", True),
        ("the later day 2026-03-06 has 1 blockers", "the later day 2026-03-07 has 1 blockers", False),
        ("it expired at 2026-03-06 00:00 UTC", "it expired at 2026-03-06 00:01 UTC", False),
        ("incident 123 is open", "incident 124 is open", False),
    ],
)
def test_count_that_grows_is_no_new_cause(before: str, after: str, is_same: bool) -> None:
    assert (cause_of("x", "x", before).key == cause_of("x", "x", after).key) is is_same


def test_without_a_record_everything_is_sent_again() -> None:
    mail = Channel()
    for _ in range(2):
        assert alert_causes("d", [LAPSED], [mail], None, is_over=lambda _: True, now=lambda: START)
    assert len(mail.heard) == 2


def test_alert_is_sent_where_it_cannot_be_recorded(alerts: Alerts, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = Channel()

    def full(*_: object, **__: object) -> None:
        raise RunError("no space left")

    alerts.send([LATE], mail)
    monkeypatch.setattr(Trail, "write", full)
    with pytest.raises(RunError):
        alerts.send([LAPSED], mail)
    assert len(mail.heard) == 2


def test_desk_that_never_ran_gets_no_store_without_a_cause(alerts: Alerts) -> None:
    assert not alerts.send([], Channel())
    assert not alerts.out.exists()


def test_store_that_was_lost_is_not_begun_anew(alerts: Alerts) -> None:
    alerts.send([LAPSED], Channel())
    (alerts.out / "store").rename(alerts.out / "elsewhere")
    assert open_record(alerts.desk, alerts.out, [LAPSED], alerts.says.append, begin=True) is None
    assert ("no store there" in alerts.says[0], "sent again each time" in alerts.says.pop()) == (True, True)
    assert not (alerts.out / "store").exists()
    Store.open(alerts.out / "store", "another")
    assert open_record(alerts.desk, alerts.out, [LAPSED], alerts.says.append, begin=True) is None
    assert "the store of desk 'another'" in alerts.says.pop()
