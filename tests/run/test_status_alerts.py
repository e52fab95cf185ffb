"""`deskgate status --alert`: a GO that lapsed, a run that failed, did not end, or did not happen; each alerted once."""

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deskgate.audit.decision_ids import identified
from deskgate.audit.open_runs import begin_run, end_run, note_failure, open_runs
from deskgate.audit.trail import Trail
from deskgate.cli import status as command
from deskgate.cli.app import app
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError, RunError
from deskgate.controls.alerts import Channel as AnyChannel
from deskgate.run import status_alerts as module
from deskgate.run import status_causes
from deskgate.run.day_folder import locked
from deskgate.run.status import DeskStatus
from deskgate.run.status_alerts import AlertedStatus, alert_status
from webhook import Webhook

from .alerting import Channel, a_desk, stored

# Apprise looks for a module that a later Python no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
DAY, NOON = date(2026, 3, 4), datetime(2026, 3, 5, 12, tzinfo=UTC)
GO = {"decision": "GO", "date": "2026-03-04", "bundle_id": "b1", "blockers": [], "provisional": False}


@dataclass
class Watched:
    """A desk that is looked at, every minute, by a monitor."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    channel: Channel = field(default_factory=Channel)
    notes: list[str] = field(default_factory=list)
    at: datetime = NOON

    def __post_init__(self) -> None:
        a_desk(self.folder / "desk", "json://127.0.0.1:9/")
        opened: tuple[list[AnyChannel], list[InputError]] = [self.channel], []
        self.monkeypatch.setattr(module, "openable_channels", lambda _: opened)

    @property
    def out(self) -> Path:
        """Where it writes."""
        return self.folder / "out"

    def must_run_by(self, text: str) -> None:
        """Let a day be decided by so late."""
        shutil.rmtree(self.folder / "desk")
        a_desk(self.folder / "desk", "json://127.0.0.1:9/", run_by=text)

    def look(self, at: datetime | None = None) -> AlertedStatus:
        """Look once."""
        self.at = at or self.at + timedelta(minutes=1)
        return alert_status(load_desk(self.folder / "desk"), self.out, lambda: self.at, self.notes.append)

    def stands(self, decision: dict[str, object] | None, *lapsed: str) -> None:
        """Let the last decision be this one, lapsed for these reasons."""
        word = str(decision["decision"]) if decision else None
        self.monkeypatch.setattr(module, "desk_status", lambda *_, **__: DeskStatus(decision, word, lapsed))

    def decided(self, day: date, **changes: object) -> None:
        """Publish a decision of a day."""
        file = self.out / str(day) / "decision.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(GO | {"date": str(day)} | changes))

    def titles(self) -> list[str]:
        """Return the titles of the alerts since the last call."""
        found = [title for title, _ in self.channel.heard]
        self.channel.heard.clear()
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    made = Watched(tmp_path, monkeypatch)
    made.stands(None, "no decision is there")
    return made


def test_lapsed_go_is_alerted_once_for_each_reason(desk: Watched) -> None:
    changed, expired = "2026-03-04/verdicts.json was changed", "it expired at 2026-03-06 00:00 UTC"
    desk.stands(GO)
    assert desk.look().causes == ()
    for lapsed, heard in (
        ((changed,), 1),
        ((changed,), 0),
        ((changed, expired), 1),
        ((expired,), 0),
        ((changed, expired), 1),
    ):
        desk.stands(GO, *lapsed)
        looked = desk.look()
        assert [cause.says for cause in looked.causes] == [f"the GO of 2026-03-04 lapsed: {why}" for why in lapsed]
        assert desk.titles() == ["d: the GO of 2026-03-04 lapsed"] * heard
    assert desk.notes == []


def test_hold_that_lapses_is_no_cause(desk: Watched) -> None:
    desk.stands(GO | {"decision": "HOLD"}, "it expired")
    assert desk.look().causes == ()


@pytest.mark.parametrize("left", [None, GO | {"decision": "HOLD"}, GO | {"decision": "HOLD", "date": "2026-03-03"}])
def test_go_of_the_trail_lapses_where_its_file_is_gone_or_another(
    desk: Watched, left: dict[str, object] | None
) -> None:
    Trail.open(load_desk(desk.folder / "desk"), desk.out).chain.append("decision", identified(dict(GO)), NOON)
    desk.stands(left, "it was changed")
    desk.look()
    assert desk.titles() == ["d: the GO of 2026-03-04 lapsed"]
    desk.stands(GO | {"decision": "HOLD", "date": "2026-03-05"}, "it was changed")
    assert desk.look().causes == ()


@pytest.mark.parametrize(
    ("at", "decided", "missing"),
    [
        ("2026-03-05T06:29", None, "2026-03-03"),
        ("2026-03-05T06:30", None, "2026-03-04"),
        ("2026-03-05T23:59", DAY, None),
        ("2026-03-06T06:29", DAY, None),
        ("2026-03-06T06:30", DAY, "2026-03-05"),
    ],
)
def test_run_that_did_not_happen(desk: Watched, at: str, decided: date | None, missing: str | None) -> None:
    desk.must_run_by("06:30")
    if decided:
        desk.decided(decided)
    desk.look(datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert desk.titles() == ([f"d: no run of {missing}"] if missing else [])


def test_desk_that_never_ran_is_alerted_once_a_day(desk: Watched) -> None:
    desk.must_run_by("06:30")
    assert not desk.out.exists()
    for hours in (0, 1, 11, 13, 18):  # from 12:00; 01:00 and 06:00 still wait for the next day's run
        desk.look(NOON + timedelta(hours=hours))
    assert desk.titles() == ["d: no run of 2026-03-04"]
    desk.look(NOON + timedelta(hours=19))
    assert desk.titles() == ["d: no run of 2026-03-05"]
    assert desk.notes == []


@pytest.mark.parametrize("changes", [{"provisional": True}, {"date": "2026-03-03"}])
def test_look_in_between_is_no_run(desk: Watched, changes: dict[str, object]) -> None:
    desk.must_run_by("06:30")
    desk.decided(DAY, **changes)
    desk.look()
    assert desk.titles() == ["d: no run of 2026-03-04"]


def test_without_run_by_nobody_waits_for_a_day(desk: Watched) -> None:
    desk.decided(date(2026, 2, 1))
    assert desk.look().causes == ()
    assert [file.name for file in desk.out.iterdir() if not file.name.startswith(".")] == ["2026-02-01"]


def test_out_where_nothing_ever_ran_is_alerted_once(desk: Watched) -> None:
    for heard in (1, 0):
        (cause,) = desk.look().causes
        assert cause.says.startswith(f"{desk.out} has no run of desk 'd'; give the --out")
        assert desk.titles() == ["d: no desk there"] * heard
    desk.decided(DAY)
    assert desk.look().causes == ()


def test_first_run_under_way_is_no_desk_that_never_ran(desk: Watched) -> None:
    with locked(desk.out):
        assert desk.look().causes == ()
    assert not (desk.out / "store").exists()


@pytest.mark.parametrize(
    ("run_by", "quiet", "late"),
    [
        ("", "2026-03-06T05:59", "2026-03-06T06:00"),
        ("09:30", "2026-03-06T09:29", "2026-03-06T09:30"),
        ("00:00", "2026-03-05T23:59", "2026-03-06T00:00"),
    ],
)
def test_go_that_only_expired_is_alerted_when_the_next_run_is_late(
    desk: Watched, run_by: str, quiet: str, late: str
) -> None:
    desk.must_run_by(run_by)
    desk.decided(DAY)
    desk.stands(GO | {"expires_at": "2026-03-06T00:00:00Z"}, "it expired at 2026-03-06 00:00 UTC")
    desk.look(datetime.fromisoformat(quiet).replace(tzinfo=UTC))
    assert desk.titles() == []
    causes = desk.look(datetime.fromisoformat(late).replace(tzinfo=UTC)).causes
    assert "the GO of 2026-03-04 lapsed: it expired at 2026-03-06 00:00 UTC" in [cause.says for cause in causes]


def test_other_reason_is_alerted_at_once_and_the_expiry_is_not(desk: Watched) -> None:
    expired = "it expired at 2026-03-06 00:00 UTC"
    desk.stands(GO | {"expires_at": "2026-03-06T00:00:00Z"}, expired, "incident i1 is open")
    causes = desk.look(datetime(2026, 3, 6, 0, 1, tzinfo=UTC)).causes
    assert [cause.says for cause in causes] == ["the GO of 2026-03-04 lapsed: incident i1 is open"]


@pytest.mark.parametrize("failures", [7, "x", ["x"], {"a": 1}])
def test_malformed_decision_leaves_the_other_causes(desk: Watched, failures: object) -> None:
    desk.must_run_by("06:30")
    desk.decided(date(2026, 3, 3), failures=failures)
    desk.look()
    assert desk.titles() == ["d: no run of 2026-03-04"]


def test_step_without_a_name_is_a_failed_step(desk: Watched) -> None:
    desk.decided(DAY, failures=[{"error": "x"}])
    assert [cause.says for cause in desk.look().causes] == [
        "the run of 2026-03-04 failed: the step without a name failed, x"
    ]


def test_copy_of_a_day_is_no_day(desk: Watched) -> None:
    desk.must_run_by("06:30")
    desk.decided(DAY, failures=[{"notebook": "checks", "error": "x"}])
    (desk.out / str(DAY)).rename(desk.out / "copy")
    desk.look()
    assert desk.titles() == ["d: no run of 2026-03-04"]


def test_family_that_cannot_be_told_is_a_cause_and_ends_none_of_its_own(desk: Watched) -> None:
    desk.must_run_by("06:30")
    desk.look()
    desk.titles()
    with desk.monkeypatch.context() as patched:

        def broken(_: object) -> None:
            raise OSError("disk error")

        patched.setattr(status_causes.StatusLook, "_missing", broken)
        desk.stands(GO, "it was changed")
        desk.look()
        title, body = desk.channel.heard.pop()
    assert title == "d: nobody can tell whether the day before is decided and 1 more"
    assert ["is decided: disk error" in body, "lapsed: it was changed" in body] == [True, True]
    desk.look()
    assert desk.titles() == []


def test_lock_of_another_user_is_said_and_the_rest_alerted(desk: Watched) -> None:
    def refused(_: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(desk.out / ".lock"))

    desk.monkeypatch.setattr(module, "is_held", refused)
    desk.out.mkdir()
    begin_run(desk.out, DAY, NOON)
    desk.stands(GO, "it was changed", *map(str, open_runs(desk.out).values()))
    desk.look()
    assert desk.titles() == ["d: the GO of 2026-03-04 lapsed"]
    assert "nobody can tell whether a run is writing there" in desk.notes[0]
    desk.look(NOON + timedelta(hours=2, minutes=1))
    assert desk.titles() == ["d: a run of 2026-03-04 did not end"]


def test_store_that_is_not_there_is_alerted_each_time_and_not_made(desk: Watched) -> None:
    desk.must_run_by("06:30")
    desk.look()
    shutil.rmtree(desk.out / "store")
    for _ in range(2):
        desk.titles()
        desk.look()
        assert desk.titles() == ["d: no run of 2026-03-04"]
    assert "no store there" in desk.notes[-1]
    assert not (desk.out / "store").exists()


def test_killed_run_is_alerted_and_one_under_way_is_not(desk: Watched) -> None:
    desk.out.mkdir()
    begin_run(desk.out, DAY, NOON)
    desk.stands(GO, *map(str, open_runs(desk.out).values()))
    with locked(desk.out):
        assert desk.look().causes == ()
        assert "a run is writing there" in desk.notes.pop()
        desk.look(NOON + timedelta(hours=2, minutes=1))
        assert desk.titles() == ["d: a run of 2026-03-04 did not end"]
    desk.look()
    assert desk.titles() == []
    end_run(desk.out, DAY)
    begin_run(desk.out, DAY, NOON + timedelta(hours=3))
    desk.stands(GO, *map(str, open_runs(desk.out).values()))
    desk.look()
    assert desk.titles() == ["d: a run of 2026-03-04 did not end"]


def test_older_killed_run_is_alerted_while_another_is_under_way(desk: Watched) -> None:
    desk.out.mkdir()
    begin_run(desk.out, DAY - timedelta(days=1), NOON - timedelta(hours=1))
    begin_run(desk.out, DAY, NOON)
    with locked(desk.out):
        desk.look()
    assert desk.titles() == ["d: a run of 2026-03-03 did not end"]


def test_failed_run_is_alerted_from_what_it_left(desk: Watched) -> None:
    desk.out.mkdir()
    begin_run(desk.out, DAY, NOON)
    note_failure(desk.out, DAY, "bot1/fills.csv: not readable")
    for heard in (["d: a failed run of 2026-03-04"], []):
        (cause,) = desk.look().causes
        assert cause.says == "the run of 2026-03-04 failed: bot1/fills.csv: not readable"
        assert desk.titles() == heard


def test_failed_steps_of_the_last_day_are_alerted_and_older_ones_are_not(desk: Watched) -> None:
    failures = [{"notebook": "checks", "error": "ValueError: x"}]
    desk.decided(date(2026, 3, 2), failures=failures)
    desk.decided(DAY, failures=[])
    assert desk.look().causes == ()
    desk.decided(date(2026, 3, 5), failures=failures)
    assert [cause.says for cause in desk.look().causes] == [
        "the run of 2026-03-05 failed: the step checks failed, ValueError: x"
    ]


def test_status_that_cannot_be_told_is_alerted_and_its_lapse_is_not_over(desk: Watched) -> None:
    desk.stands(GO, "it was changed")
    desk.look()
    desk.titles()

    def broken(*_: object, **__: object) -> DeskStatus:
        raise InputError("the store cannot be read")

    desk.monkeypatch.setattr(module, "desk_status", broken)
    looked = desk.look()
    assert desk.titles() == ["d: the last decision cannot be looked at"]
    with pytest.raises(InputError, match="cannot be read"):
        looked.result()
    with locked(desk.out):
        assert desk.look().causes == ()
    desk.stands(GO, "it was changed")
    desk.look()
    assert desk.titles() == []


def test_what_cannot_be_recorded_is_sent_and_said(desk: Watched) -> None:
    desk.must_run_by("06:30")

    def full(*_: object, **__: object) -> None:
        raise RunError("no space left")

    desk.monkeypatch.setattr(Trail, "write", full)
    for _ in range(2):
        desk.look()
    assert desk.titles() == ["d: no run of 2026-03-04"] * 2
    assert desk.notes == ["what was sent is not recorded, so that it is sent again: no space left"] * 2


def run(desk: Path, out: Path, *more: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["status", "--desk", str(desk), "--out", str(out), *more])
    return ran.exit_code, ran.output


def test_command_alerts_with_the_option_alone(
    tmp_path: Path, channel: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "now", lambda: NOON)
    desk, out = a_desk(tmp_path / "desk", channel.url, run_by="06:30"), tmp_path / "out"
    out.mkdir()
    assert run(desk, out)[0] == 1
    assert (channel.heard, [file.name for file in out.iterdir()]) == ([], ["logs"])
    code, said = run(desk, out, "--alert")
    assert (code, channel.titles, "- 2026-03-04 has no decision" in said) == (1, ["d: no run of 2026-03-04"], True)
    code, said = run(desk, out, "--alert", "--json")
    assert (code, len(channel.heard)) == (1, 1)
    assert json.loads(said)["alert"] == {
        "causes": [
            "2026-03-04 has no decision, expected one by 2026-03-05 06:30 UTC; run `deskgate daily --date 2026-03-04`"
        ],
        "reached": [],
        "failed": [],
    }
    assert stored(out, "probes").filter(kind="delivery")["ok"].to_list() == [True]


def test_command_refuses_a_desk_without_a_channel(tmp_path: Path) -> None:
    code, said = run(a_desk(tmp_path / "desk"), tmp_path / "out", "--alert")
    assert (code, "no alert channel is named" in said, (tmp_path / "out").exists()) == (2, True, False)
