"""The alert drill: a marked message to every channel, on record, and its age only where each one took it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deskgate.checks.drills import check_alerts
from deskgate.cli.app import app
from deskgate.config.desk import Alerts, Desk
from deskgate.controls import alerts
from deskgate.run.alert_drill import drill_alert
from desks import bot, case
from tiers import quick
from webhook import Webhook

from .alerting import a_desk, stored

# Apprise looks for a module that a later Python no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
START = datetime(2026, 3, 3, tzinfo=UTC)


def drill(folder: Path, out: Path) -> Result:
    return CliRunner().invoke(app, ["drill", "alert", "--desk", str(folder), "--out", str(out)])


def test_drill_passes_where_every_channel_took_its_message(tmp_path: Path, channel: Webhook) -> None:
    ran = drill(a_desk(tmp_path / "desk", channel.url), out := tmp_path / "out")
    assert (ran.exit_code, ran.stdout.splitlines()[-1]) == (0, "d: the alert drill passed"), ran.output
    assert (channel.titles, "nothing is wrong" in channel.heard[0]["message"]) == (
        ["DRILL d: a test of the alert channels"],
        True,
    )
    # What a killed drill leaves is none that passed.
    assert stored(out, "drills")["passed"].to_list() == [False, True]
    assert stored(out, "probes").select("kind", "ok").rows() == [("delivery", True)]


@pytest.mark.parametrize("broken", quick(["refuses", "is down", "never answers"]))
def test_drill_fails_where_one_channel_is_not_reached(
    tmp_path: Path, channel: Webhook, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    other = Webhook()
    if broken == "refuses":
        other.status = 500
    elif broken == "is down":
        other.close()
    else:
        monkeypatch.setattr(alerts, "TIMEOUT_S", 5.0)
        other.answers.clear()
    ran = drill(a_desk(tmp_path / "desk", channel.url, other.url), tmp_path / "out")
    other.answers.set()
    assert ran.exit_code == 1
    assert "it did not reach json://127.0.0.1 (2)\nd: the alert drill failed" in ran.stdout
    assert stored(tmp_path / "out", "drills")["passed"].to_list() == [False, False]


def test_drill_without_a_channel_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    ran = drill(a_desk(tmp_path / "desk"), tmp_path / "out")
    assert (ran.exit_code, "no alert channel is named" in ran.stderr) == (2, True)
    assert not (tmp_path / "out" / "store").exists()


def test_failed_drill_takes_back_the_age_of_the_one_that_passed(tmp_path: Path, channel: Webhook) -> None:
    configured = Desk(name="d", bots={"b1": bot("b1")}, alerts=Alerts(urls=[channel.url]))
    ticks: Iterator[datetime] = (START + timedelta(hours=hours) for hours in range(9))

    def age_h() -> float | None:
        rows = stored(tmp_path, "drills").to_dicts() if (tmp_path / "store").exists() else []
        (metric,) = check_alerts(case(drills=rows)).metrics
        return metric.value

    assert age_h() is None
    assert drill_alert(configured, tmp_path, lambda: next(ticks)).ok
    assert age_h() is not None
    channel.status = 500
    assert not drill_alert(configured, tmp_path, lambda: next(ticks)).ok
    assert age_h() is None
