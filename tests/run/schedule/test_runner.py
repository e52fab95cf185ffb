"""A schedule that runs in the foreground."""

import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from filelock import FileLock

from deskgate.config.errors import InputError
from deskgate.run.schedule.runner import SIGN, last_sign, missed_jobs, run_schedule
from run.schedule.plans import plan

LATE, EARLY = datetime(2026, 3, 5, 0, 21, tzinfo=UTC), datetime(2026, 3, 5, 0, 19, tzinfo=UTC)


def decide(out: Path, day: str, **content: object) -> None:
    (out / day).mkdir(parents=True, exist_ok=True)
    (out / day / "decision.json").write_text(json.dumps({"decision": "HOLD", "blockers": [], **content}))


def test_a_day_that_nobody_decided_is_missed(tmp_path: Path) -> None:
    found = plan(tmp_path)
    assert missed_jobs(found, EARLY) == []
    assert [job.name for job in missed_jobs(found, LATE)] == ["snapshot", "daily"]
    decide(found.out, "2026-03-04", provisional=True)
    assert missed_jobs(found, LATE)
    decide(found.out, "2026-03-04", failures=[{"notebook": "ingest", "error": "no disk"}])
    assert missed_jobs(found, LATE)
    decide(found.out, "2026-03-04")
    assert missed_jobs(found, LATE) == []


def test_it_runs_what_was_missed_and_ends_what_runs(tmp_path: Path) -> None:
    found, began, ended = plan(tmp_path / "d"), tmp_path / "began", tmp_path / "ended"
    program = tmp_path / "program"
    # It takes SIGTERM as Deskgate does: it ends, and says so.
    program.write_text(
        f'#!/bin/sh\ntrap \'echo "$1" > "{ended}"; exit 0\' TERM\necho "$1" > "{began}"\nwhile :; do sleep 0.05; done\n'
    )
    program.chmod(0o700)

    def stop_when_it_runs() -> None:
        until = monotonic() + 60
        while not (began.exists() and began.read_text()) and monotonic() < until:
            sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    said = list[str]()
    thread = Thread(target=stop_when_it_runs)
    thread.start()
    run_schedule(found, [str(program)], now=lambda: LATE, say=said.append)
    thread.join()
    assert began.read_text() == ended.read_text() == "snapshot\n"
    assert "snapshot begins" in said
    assert "snapshot ended with 0" in said
    assert last_sign(found.out) is not None


def test_a_second_one_is_refused(tmp_path: Path) -> None:
    found = plan(tmp_path)
    (found.out / SIGN).parent.mkdir(parents=True)
    with FileLock((found.out / SIGN).with_suffix(".lock")), pytest.raises(InputError, match="is at work there"):
        run_schedule(found, ["true"], now=lambda: EARLY, say=print)


def test_no_sign_where_it_never_ran(tmp_path: Path) -> None:
    assert last_sign(tmp_path) is None
