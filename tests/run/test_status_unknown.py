"""Where `deskgate status --alert` cannot tell, record or look, it says so, and alerts the rest."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from deskgate.audit.open_runs import begin_run, open_runs
from deskgate.audit.trail import Trail
from deskgate.config.errors import InputError, RunError
from deskgate.run import status_alerts as module
from deskgate.run import status_causes
from deskgate.run.day_folder import locked
from deskgate.run.status import DeskStatus

from .watched import DAY, GO, NOON, Watched


def test_family_that_cannot_be_told_is_a_cause_and_ends_none_of_its_own(watched: Watched) -> None:
    watched.must_run_by("06:30")
    watched.look()
    watched.titles()
    with watched.monkeypatch.context() as patched:

        def broken(_: object) -> None:
            raise OSError("disk error")

        patched.setattr(status_causes.StatusLook, "_missing", broken)
        watched.stands(GO, "it was changed")
        watched.look()
        title, body = watched.channel.heard.pop()
    assert title == "d: nobody can tell whether the day before is decided and 1 more"
    assert ["is decided: disk error" in body, "lapsed: it was changed" in body] == [True, True]
    watched.look()
    assert watched.titles() == []


def test_status_that_cannot_be_told_is_alerted_and_its_lapse_is_not_over(watched: Watched) -> None:
    watched.stands(GO, "it was changed")
    watched.look()
    watched.titles()

    def broken(*_: object, **__: object) -> DeskStatus:
        raise InputError("the store cannot be read")

    watched.monkeypatch.setattr(module, "desk_status", broken)
    looked = watched.look()
    assert watched.titles() == ["d: the last decision cannot be looked at"]
    with pytest.raises(InputError, match="cannot be read"):
        looked.result()
    with locked(watched.out):
        assert watched.look().causes == ()
    watched.stands(GO, "it was changed")
    watched.look()
    assert watched.titles() == []


def test_lock_of_another_user_is_said_and_the_rest_alerted(watched: Watched) -> None:
    def refused(_: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(watched.out / ".lock"))

    watched.monkeypatch.setattr(module, "is_held", refused)
    watched.out.mkdir()
    begin_run(watched.out, DAY, NOON)
    watched.stands(GO, "it was changed", *map(str, open_runs(watched.out).values()))
    watched.look()
    assert watched.titles() == ["d: the GO of 2026-03-04 lapsed"]
    assert "nobody can tell whether a run is writing there" in watched.notes[0]
    watched.look(NOON + timedelta(hours=2, minutes=1))
    assert watched.titles() == ["d: a run of 2026-03-04 did not end"]


def test_store_that_is_not_there_is_alerted_each_time_and_not_made(watched: Watched) -> None:
    watched.must_run_by("06:30")
    watched.look()
    shutil.rmtree(watched.out / "store")
    for _ in range(2):
        watched.titles()
        watched.look()
        assert watched.titles() == ["d: no run of 2026-03-04"]
    assert "no store there" in watched.notes[-1]
    assert not (watched.out / "store").exists()


def test_what_cannot_be_recorded_is_sent_and_said(watched: Watched) -> None:
    watched.must_run_by("06:30")

    def full(*_: object, **__: object) -> None:
        raise RunError("no space left")

    watched.monkeypatch.setattr(Trail, "write", full)
    for _ in range(2):
        watched.look()
    assert watched.titles() == ["d: no run of 2026-03-04"] * 2
    assert watched.notes == ["what was sent is not recorded, so that it is sent again: no space left"] * 2
