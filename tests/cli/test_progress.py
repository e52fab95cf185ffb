"""What a command shows of its steps: on a terminal, in a log of cron, and when quiet."""

import os
import sys

import pytest

from deskgate.cli.progress import Detail, detail_of, progress_steps
from deskgate.cli.run_log import logged_steps

STAGES = ("ingest", "checks")
EVENTS = (("ingest", "waiting"), ("checks", "waiting"), ("ingest", "running"), ("part", "running"), ("part", "done"))
ENDED = (*EVENTS, ("ingest", "done"), ("checks", "running"), ("checks", "failed"))


def _shown(detail: Detail, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with progress_steps(detail, STAGES) as show:
        for step, state in ENDED:
            show(step, state, 1.25 if state in {"done", "failed"} else None)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


@pytest.mark.parametrize(
    ("detail", "lines"),
    [
        (Detail.QUIET, []),
        (Detail.NORMAL, ["ingest: done in 1.2 s", "checks: failed in 1.2 s"]),
        (
            Detail.VERBOSE,
            [
                *("ingest: begins", "part: begins", "part: done in 1.2 s", "ingest: done in 1.2 s"),
                *("checks: begins", "checks: failed in 1.2 s"),
            ],
        ),
    ],
)
def test_off_a_terminal_steps_are_plain_lines(
    detail: Detail, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = _shown(detail, capsys)
    assert shown == lines
    assert all(line.isascii() for line in shown)


def test_on_a_terminal_each_step_has_its_state_and_what_waits_is_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setitem(os.environ, "TERM", "dumb")
    shown = "\n".join(_shown(Detail.NORMAL, capsys))
    assert all(line in shown for line in ("✓ ingest", "✓ part", "✗ checks"))


@pytest.mark.parametrize(
    ("quiet", "verbose", "as_json", "detail"),
    [
        (False, False, False, Detail.NORMAL),
        (True, False, False, Detail.QUIET),
        (False, False, True, Detail.QUIET),
        (False, True, False, Detail.VERBOSE),
        (False, True, True, Detail.VERBOSE),
    ],
)
def test_output_for_machines_is_quiet_unless_verbose_is_given(
    *, quiet: bool, verbose: bool, as_json: bool, detail: Detail
) -> None:
    assert detail_of(quiet=quiet, verbose=verbose, as_json=as_json) is detail


def test_each_step_that_ended_has_its_seconds() -> None:
    took: dict[str, float] = {}
    shown: list[tuple[str, str, bool]] = []
    note = logged_steps(lambda step, state, seconds: shown.append((step, state, seconds is None)), took)
    for step, state in ENDED:
        note(step, state)
    assert set(took) == {"ingest", "part", "checks"}
    assert [(step, state) for step, state, _ in shown] == list(ENDED)
    assert {state for _, state, is_none in shown if not is_none} == {"done", "failed"}
