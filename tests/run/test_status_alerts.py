"""`deskgate status --alert` alerts each cause once, and again only when it was over in between."""

from datetime import timedelta

from deskgate.audit.open_runs import begin_run, end_run, note_failure, open_runs
from deskgate.run.day_folder import locked

from .watched import DAY, GO, NOON, Watched


def test_lapsed_go_is_alerted_once_for_each_reason(watched: Watched) -> None:
    changed, expired = "2026-03-04/verdicts.json was changed", "it expired at 2026-03-06 00:00 UTC"
    watched.stands(GO)
    assert watched.look().causes == ()
    for lapsed, heard in (
        ((changed,), 1),
        ((changed,), 0),
        ((changed, expired), 1),
        ((expired,), 0),
        ((changed, expired), 1),
    ):
        watched.stands(GO, *lapsed)
        looked = watched.look()
        assert [cause.says for cause in looked.causes] == [f"the GO of 2026-03-04 lapsed: {why}" for why in lapsed]
        assert watched.titles() == ["d: the GO of 2026-03-04 lapsed"] * heard
    assert watched.notes == []


def test_desk_that_never_ran_is_alerted_once_a_day(watched: Watched) -> None:
    watched.must_run_by("06:30")
    assert not watched.out.exists()
    for hours in (0, 1, 11, 13, 18):  # from 12:00; 01:00 and 06:00 still wait for the next day's run
        watched.look(NOON + timedelta(hours=hours))
    assert watched.titles() == ["d: no run of 2026-03-04"]
    watched.look(NOON + timedelta(hours=19))
    assert watched.titles() == ["d: no run of 2026-03-05"]
    assert watched.notes == []


def test_out_where_nothing_ever_ran_is_alerted_once(watched: Watched) -> None:
    for heard in (1, 0):
        (cause,) = watched.look().causes
        assert cause.says.startswith(f"{watched.out} has no run of desk 'd'; give the --out")
        assert watched.titles() == ["d: no desk there"] * heard
    watched.decided(DAY)
    assert watched.look().causes == ()


def test_killed_run_is_alerted_and_one_under_way_is_not(watched: Watched) -> None:
    watched.out.mkdir()
    begin_run(watched.out, DAY, NOON)
    watched.stands(GO, *map(str, open_runs(watched.out).values()))
    with locked(watched.out):
        assert watched.look().causes == ()
        assert "a run is writing there" in watched.notes.pop()
        watched.look(NOON + timedelta(hours=2, minutes=1))
        assert watched.titles() == ["d: a run of 2026-03-04 did not end"]
    watched.look()
    assert watched.titles() == []
    end_run(watched.out, DAY)
    begin_run(watched.out, DAY, NOON + timedelta(hours=3))
    watched.stands(GO, *map(str, open_runs(watched.out).values()))
    watched.look()
    assert watched.titles() == ["d: a run of 2026-03-04 did not end"]


def test_failed_run_is_alerted_from_what_it_left(watched: Watched) -> None:
    watched.out.mkdir()
    begin_run(watched.out, DAY, NOON)
    note_failure(watched.out, DAY, "bot1/fills.csv: not readable")
    for heard in (["d: a failed run of 2026-03-04"], []):
        (cause,) = watched.look().causes
        assert cause.says == "the run of 2026-03-04 failed: bot1/fills.csv: not readable"
        assert watched.titles() == heard
