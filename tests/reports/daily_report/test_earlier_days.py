"""Which day is the one before, which is the last GO, and what is said of those that cannot be used."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from deskgate.audit.decision_ids import identified
from deskgate.audit.keys import make_key
from deskgate.audit.sign_offs import sign_off
from deskgate.audit.trail import Trail
from deskgate.reports.daily_report.days import ReportDays, RunFacts
from deskgate.reports.daily_report.earlier_days import read_days
from desks import desk
from report_inputs import of_before

from .hand_made import MONDAY, TUESDAY, day, failing, published

SUNDAY = MONDAY - timedelta(days=1)


def _read(out: Path) -> ReportDays:
    # As in a run: the day itself is not in its place yet.
    return read_days(day(out / ".staging", TUESDAY, desk="desk"), out)


def _decide(out: Path, of: datetime, decision: str) -> None:
    """Write a day's decision, with its record in the audit trail."""
    trail = Trail.open(desk(), out)
    file = out / of.date().isoformat() / "decision.json"
    content = json.loads(file.read_text()) | {"decision": decision, "checkpoint": trail.checkpoint().as_json()}
    made = identified({name: value for name, value in content.items() if name != "bundle_id"})
    trail.chain.append("decision", {name: made[name] for name in ("date", "decision", "bundle_id", "run_id")}, of)
    file.write_text(json.dumps(made))


def test_first_day_of_a_desk_has_none_before_and_no_go(tmp_path: Path) -> None:
    days = _read(tmp_path)
    assert (days.before, days.passed_over, days.last_go, days.trail_problem) == (None, (), None, None)


def test_day_before_is_the_last_one_that_was_published(tmp_path: Path) -> None:
    for of in (SUNDAY, TUESDAY):
        published(tmp_path, of, desk="desk")
    days = _read(tmp_path)
    assert days.before is not None
    assert (days.before.date, days.before.word, days.passed_over) == (SUNDAY, "HOLD", ())


def _change(folder: Path) -> None:
    (folder / "breaks.csv").write_text("x")


def _of_another_desk(folder: Path) -> None:
    shutil.rmtree(folder)
    published(folder.parent, MONDAY, desk="other")


def _by_another_version(folder: Path) -> None:
    """Publish it with verdicts that have other fields."""
    shutil.rmtree(folder)
    made = day(folder.parent, MONDAY, desk="desk")
    text = json.dumps([{"gate": "g", "added": 1}]).encode()
    (folder / "verdicts.json").write_bytes(text)
    digests = made.digests | {"verdicts.json": sha256(text).hexdigest()}
    (folder / "artifacts.json").write_text(json.dumps(made.model_dump(mode="json") | {"digests": digests}))
    (folder / "decision.json").write_text(json.dumps(of_before({"date": folder.name, "decision": "GO"})))


def _remove_numbers(folder: Path) -> None:
    (folder / "artifacts.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_change, "changed since it was run"),
        (_of_another_desk, "of the desk 'other'"),
        (_by_another_version, "run by another version of Deskgate, whose verdicts and breaks are others"),
        (_remove_numbers, "its run ended before there were numbers"),
    ],
)
def test_day_that_cannot_be_used_is_named_and_the_one_before_it_taken(
    tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    published(tmp_path, SUNDAY, desk="desk")
    spoil(published(tmp_path, MONDAY, desk="desk").folder)
    days = _read(tmp_path)
    assert days.before is not None
    assert days.before.date == SUNDAY
    assert len(days.passed_over) == 1
    assert days.passed_over[0].startswith("2026-05-04 is left out, ")
    assert words in days.passed_over[0]


def test_last_go_is_that_of_the_trail_and_its_files_are_held_to_it(tmp_path: Path) -> None:
    for at, word in ((SUNDAY, "GO"), (MONDAY, "HOLD")):
        published(tmp_path, at, desk="desk")
        _decide(tmp_path, datetime(at.year, at.month, at.day, tzinfo=UTC), word)
    go = _read(tmp_path).last_go
    assert go is not None
    assert (go.date, go.problem, go.files and go.files.word) == (SUNDAY, None, "GO")


def test_go_that_was_replaced_is_none_and_one_whose_folder_is_gone_is_named(tmp_path: Path) -> None:
    at = datetime(2026, 5, 4, tzinfo=UTC)
    folder = published(tmp_path, MONDAY, desk="desk").folder
    _decide(tmp_path, at, "GO")
    _decide(tmp_path, at, "HOLD")
    assert _read(tmp_path).last_go is None
    shutil.rmtree(tmp_path / ".staging")
    _decide(tmp_path, at, "GO")
    shutil.rmtree(folder)
    days = _read(tmp_path)
    assert days.last_go is not None
    assert (days.last_go.files, days.last_go.problem) == (None, "on record, but its folder is gone")
    assert days.passed_over == ("2026-05-04 is left out, on record, but its folder is gone.",)


def test_hold_that_all_owners_signed_is_the_last_go(tmp_path: Path) -> None:
    key, _ = make_key(tmp_path.parent / f"{tmp_path.name}.pem", [])
    published(tmp_path, MONDAY, desk="desk")
    file, at = tmp_path / str(MONDAY) / "decision.json", datetime(2026, 5, 4, tzinfo=UTC)
    awaits = {"roles": ["risk"], "keys": [key.public_key]}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"awaits": awaits, "desk": "desk"}))
    _decide(tmp_path, at, "HOLD")
    assert _read(tmp_path).last_go is None
    shutil.rmtree(tmp_path / ".staging")
    decision = json.loads(file.read_text())
    sign_off(Trail.open(desk(), tmp_path).chain, key, decision, role="risk", by="ann", at=at)
    days = _read(tmp_path)
    assert days.last_go is not None
    assert days.before is not None
    assert (days.last_go.date, days.last_go.problem, days.before.word) == (MONDAY, None, "GO")


def test_damaged_trail_says_so(tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit/chain.jsonl").write_text('{"torn"\n{}\n')
    days = _read(tmp_path)
    assert days.trail_problem is not None
    assert days.last_go is None


@pytest.mark.parametrize(
    ("decision", "word"), [(None, "STOP"), ({"decision": "HOLD"}, "HOLD")], ids=["by the verdicts", "decided"]
)
def test_word_of_a_day_without_a_decision_is_that_of_its_verdicts(
    tmp_path: Path, decision: dict[str, str] | None, word: str
) -> None:
    today = day(tmp_path, TUESDAY, verdicts=[failing(stop=True)])
    assert read_days(today, tmp_path, RunFacts(decision=decision)).today.word == word
