"""The alert of a run that failed: once a day and cause, and never in the way of the run's own error."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deskgate.audit.trail import Trail
from deskgate.cli.app import app
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import RunError, StepError
from deskgate.config.instants import now
from deskgate.controls import alerts
from deskgate.run import daily
from deskgate.run.failed_runs import alert_ended
from deskgate.store.tables import Store
from webhook import Webhook

from .alerting import a_desk, stored
from .day_runs import DAY

# Apprise looks for a module that a later Python no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
TITLE = f"d: a failed run of {DAY}"


@pytest.fixture
def small(tmp_path: Path, channel: Webhook) -> Path:
    """A desk with a channel, and a store by its side that holds nothing."""
    Store.open(tmp_path / "out" / "store", "d")
    return a_desk(tmp_path / "desk", channel.url)


def run(desk: Path, *more: str) -> Result:
    at = ["--desk", str(desk), "--out", str(desk.parent / "out"), "--date", str(DAY)]
    return CliRunner().invoke(app, ["daily", *at, *more])


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(daily, "run_daily", fail)


def test_run_with_wrong_input_is_alerted_once(small: Path, channel: Webhook) -> None:
    for _ in range(2):
        ran = run(small, "--suites", str(small / "none"))
        assert (ran.exit_code, str(small / "none") in ran.stderr.splitlines()[-1]) == (2, True)
        assert channel.titles == [TITLE]
    assert f"the run of {DAY} failed: {small / 'none'}" in channel.heard[0]["message"]
    assert stored(small.parent / "out", "probes")["kind"].sort().to_list() == ["cause", "delivery"]


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (RunError("the chain is busy"), 3, "failed: the chain is busy"),
        (StepError("out: x", "checks", "ValueError: y"), 3, "failed: the step checks failed, ValueError: y"),
        (ZeroDivisionError("no such luck"), 3, "failed: no such luck"),
        (ZeroDivisionError(), 3, "failed: ZeroDivisionError"),
        (KeyboardInterrupt(), 3, None),
    ],
)
def test_error_of_a_run_is_alerted_and_an_interruption_is_not(
    small: Path, channel: Webhook, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, says: str | None
) -> None:
    failing(monkeypatch, error)
    ran = run(small)
    assert ran.exit_code == code
    assert [says in each["message"] for each in channel.heard if says] == ([True] if says else [])
    assert (says is None) == (channel.heard == [])


def test_other_cause_and_one_that_comes_back_are_alerted(
    small: Path, channel: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, out = load_desk(small), small.parent / "out"
    heard = []
    for error in ("a", "b", "a", None, "a"):
        channel.heard.clear()
        if error is None:
            alert_ended(desk, out, DAY, [], now, pytest.fail)
        else:
            failing(monkeypatch, RunError(error))
            run(small)
        heard.append(len(channel.heard))
    assert heard == [1, 1, 0, 0, 1]


def test_step_that_failed_in_a_run_with_a_decision_is_alerted(small: Path, channel: Webhook) -> None:
    desk, out, says = load_desk(small), small.parent / "out", list[str]()
    failures = [{"notebook": "04_parity", "error": "ZeroDivisionError"}]
    for _ in range(2):
        alert_ended(desk, out, DAY, failures, now, says.append)
    assert channel.titles == [TITLE]
    assert says == ["of the failed run: The alert reached json://127.0.0.1"]


@pytest.mark.parametrize("broken", ["channel is down", "channel is wrong", "trail is full", "alert breaks"])
def test_error_of_the_alert_never_hides_that_of_the_run(
    small: Path, channel: Webhook, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    failing(monkeypatch, RunError("the chain is busy"))

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    if broken == "channel is down":
        channel.close()
    elif broken == "channel is wrong":
        (small / "desk.toml").write_text((small / "desk.toml").read_text().replace("json://", "nothing://"))
    else:
        monkeypatch.setattr(
            *((Trail, "write", full) if broken == "trail is full" else (alerts.AppriseChannel, "notify", full))
        )
    ran = run(small)
    assert (ran.exit_code, ran.stderr.splitlines()[-1]) == (3, "deskgate: the chain is busy")
    assert "note: " in ran.stderr


def test_without_a_store_it_is_sent_each_time_and_nothing_is_written(small: Path, channel: Webhook) -> None:
    out = small.parent / "out"
    shutil.rmtree(out)
    for _ in range(2):
        ran = run(small, "--suites", str(small / "none"))
        assert (ran.exit_code, "so that it is sent again each time" in ran.stderr) == (2, True)
    assert (channel.titles, out.exists()) == ([TITLE] * 2, False)


def test_desk_without_a_channel_says_nothing(tmp_path: Path) -> None:
    ran = run(a_desk(tmp_path / "desk"), "--suites", str(tmp_path / "none"))
    assert (ran.exit_code, "note: " in ran.stderr) == (2, False)
