"""What `deskgate status --alert` takes for a cause: a GO that lapsed, a run that failed, did not end, or did not happen."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deskgate.audit.decision_ids import identified
from deskgate.audit.open_runs import begin_run
from deskgate.audit.trail import Trail
from deskgate.config.desk_file import load_desk
from deskgate.run.day_folder import locked

from .watched import DAY, GO, NOON, Watched


def test_hold_that_lapses_is_no_cause(watched: Watched) -> None:
    watched.stands(GO | {"decision": "HOLD"}, "it expired")
    assert watched.look().causes == ()


@pytest.mark.parametrize("left", [None, GO | {"decision": "HOLD"}, GO | {"decision": "HOLD", "date": "2026-03-03"}])
def test_go_of_the_trail_lapses_where_its_file_is_gone_or_another(
    watched: Watched, left: dict[str, object] | None
) -> None:
    Trail.open(load_desk(watched.folder / "desk"), watched.out).chain.append("decision", identified(dict(GO)), NOON)
    watched.stands(left, "it was changed")
    watched.look()
    assert watched.titles() == ["d: the GO of 2026-03-04 lapsed"]
    watched.stands(GO | {"decision": "HOLD", "date": "2026-03-05"}, "it was changed")
    assert watched.look().causes == ()


@pytest.mark.parametrize(
    ("run_by", "quiet", "late"),
    [
        ("", "2026-03-06T05:59", "2026-03-06T06:00"),
        ("09:30", "2026-03-06T09:29", "2026-03-06T09:30"),
        ("00:00", "2026-03-05T23:59", "2026-03-06T00:00"),
    ],
)
def test_go_that_only_expired_is_alerted_when_the_next_run_is_late(
    watched: Watched, run_by: str, quiet: str, late: str
) -> None:
    watched.must_run_by(run_by)
    watched.decided(DAY)
    watched.stands(GO | {"expires_at": "2026-03-06T00:00:00Z"}, "it expired at 2026-03-06 00:00 UTC")
    watched.look(datetime.fromisoformat(quiet).replace(tzinfo=UTC))
    assert watched.titles() == []
    causes = watched.look(datetime.fromisoformat(late).replace(tzinfo=UTC)).causes
    assert "the GO of 2026-03-04 lapsed: it expired at 2026-03-06 00:00 UTC" in [cause.says for cause in causes]


def test_other_reason_is_alerted_at_once_and_the_expiry_is_not(watched: Watched) -> None:
    expired = "it expired at 2026-03-06 00:00 UTC"
    watched.stands(GO | {"expires_at": "2026-03-06T00:00:00Z"}, expired, "incident i1 is open")
    causes = watched.look(datetime(2026, 3, 6, 0, 1, tzinfo=UTC)).causes
    assert [cause.says for cause in causes] == ["the GO of 2026-03-04 lapsed: incident i1 is open"]


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
def test_run_that_did_not_happen(watched: Watched, at: str, decided: date | None, missing: str | None) -> None:
    watched.must_run_by("06:30")
    if decided:
        watched.decided(decided)
    watched.look(datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert watched.titles() == ([f"d: no run of {missing}"] if missing else [])


@pytest.mark.parametrize("changes", [{"provisional": True}, {"date": "2026-03-03"}])
def test_look_in_between_is_no_run(watched: Watched, changes: dict[str, object]) -> None:
    watched.must_run_by("06:30")
    watched.decided(DAY, **changes)
    watched.look()
    assert watched.titles() == ["d: no run of 2026-03-04"]


def test_without_run_by_nobody_waits_for_a_day(watched: Watched) -> None:
    watched.decided(date(2026, 2, 1))
    assert watched.look().causes == ()
    assert [file.name for file in watched.out.iterdir() if not file.name.startswith(".")] == ["2026-02-01"]


def test_copy_of_a_day_is_no_day(watched: Watched) -> None:
    watched.must_run_by("06:30")
    watched.decided(DAY, failures=[{"notebook": "checks", "error": "x"}])
    (watched.out / str(DAY)).rename(watched.out / "copy")
    watched.look()
    assert watched.titles() == ["d: no run of 2026-03-04"]


@pytest.mark.parametrize("failures", [7, "x", ["x"], {"a": 1}])
def test_malformed_decision_leaves_the_other_causes(watched: Watched, failures: object) -> None:
    watched.must_run_by("06:30")
    watched.decided(date(2026, 3, 3), failures=failures)
    watched.look()
    assert watched.titles() == ["d: no run of 2026-03-04"]


def test_step_without_a_name_is_a_failed_step(watched: Watched) -> None:
    watched.decided(DAY, failures=[{"error": "x"}])
    assert [cause.says for cause in watched.look().causes] == [
        "the run of 2026-03-04 failed: the step without a name failed, x"
    ]


def test_failed_steps_of_the_last_day_are_alerted_and_older_ones_are_not(watched: Watched) -> None:
    failures = [{"notebook": "checks", "error": "ValueError: x"}]
    watched.decided(date(2026, 3, 2), failures=failures)
    watched.decided(DAY, failures=[])
    assert watched.look().causes == ()
    watched.decided(date(2026, 3, 5), failures=failures)
    assert [cause.says for cause in watched.look().causes] == [
        "the run of 2026-03-05 failed: the step checks failed, ValueError: x"
    ]


def test_first_run_under_way_is_no_desk_that_never_ran(watched: Watched) -> None:
    with locked(watched.out):
        assert watched.look().causes == ()
    assert not (watched.out / "store").exists()


def test_older_killed_run_is_alerted_while_another_is_under_way(watched: Watched) -> None:
    watched.out.mkdir()
    begin_run(watched.out, DAY - timedelta(days=1), NOON - timedelta(hours=1))
    begin_run(watched.out, DAY, NOON)
    with locked(watched.out):
        watched.look()
    assert watched.titles() == ["d: a run of 2026-03-03 did not end"]
