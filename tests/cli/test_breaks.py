"""The break ledger of a whole desk: from the run that finds a break to the operator's action and the run that does not."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deskgate.assessment.assessment import Assessment, assess
from deskgate.audit.trail import Trail
from deskgate.cli.app import app
from deskgate.demo import DemoDesk
from deskgate.gates.decision import Decision, blockers, decide
from deskgate.run.break_records import act, read_ledger, record_sightings
from whole_desks import NOW, IngestedDesk


class Book:
    """The demo desk with a fault of each kind on its second day, run an hour before that day's end and at its end."""

    def __init__(self, of: IngestedDesk, out: Path) -> None:
        self.root, self.desk = of.desk.root, of.desk
        self.out = shutil.copytree(of.out, out)
        self.store = IngestedDesk(self.desk, self.out).store
        self.trail = Trail.open(self.desk, self.out)
        self.before, self.found = self.run(3, 23), self.run(3)

    def run(self, day: int, hours: int = 24, *, at: datetime = NOW) -> Assessment:
        begin = datetime(2026, 3, day, tzinfo=UTC)
        made = assess(self.desk, self.store, day=date(2026, 3, day), as_of=begin + timedelta(hours=hours))
        record_sightings(self.store, self.trail, made, at)
        return made

    def invoke(self, *arguments: str) -> Result:
        at = ("--desk", str(self.root), "--out", str(self.out))
        return CliRunner().invoke(app, ["breaks", *arguments, *at])


@pytest.fixture(scope="module")
def book(ingested_faulty_demo: IngestedDesk, tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book(ingested_faulty_demo, tmp_path_factory.mktemp("book") / "out")


@pytest.mark.slow
@pytest.mark.xdist_group("faulty demo")
def test_runs_leave_each_break_once_and_what_is_gone_is_resolved(book: Book) -> None:
    before, found = book.before, book.found
    again = read_ledger(book.store, NOW)
    record_sightings(book.store, book.trail, found, NOW + timedelta(hours=1))
    assert read_ledger(book.store, NOW).equals(again)
    assert again.height >= found.breaks.height > 0
    gone = set(before.breaks["break_id"]) - set(found.breaks["break_id"])
    assert {row["break_id"] for row in again.iter_rows(named=True) if row["status"] == "resolved"} == gone


@pytest.mark.slow
@pytest.mark.xdist_group("faulty demo")
def test_critical_break_stops_the_desk_until_it_is_accepted(book: Book) -> None:
    found = book.found
    assert decide(found.verdicts) is Decision.STOP
    critical = found.breaks.filter(severity="critical")
    for break_id in critical["break_id"]:
        at = found.case.as_of
        act(book.store, book.trail, break_id, "accept", "known", by="ann", effective_at=at, recorded_at=NOW)
    later = book.run(3)
    assert set(later.breaks.filter(severity="critical")["status"]) == {"accepted"}
    assert not [item for item in blockers(later.verdicts) if item.stop and item.gate == "reconciliation"]


@pytest.mark.slow
@pytest.mark.xdist_group("faulty demo")
def test_operators_actions_are_recorded_and_listed(book: Book) -> None:
    break_id = str(read_ledger(book.store, NOW).filter(kind="fee_mismatch")["break_id"][0])
    done = book.invoke("own", break_id[:6], "--by", "ann", "--to", "bob")
    assert (done.exit_code, break_id in done.output) == (0, True), done.output
    assert book.invoke("note", break_id, "--by", "ann", "--why", "a new fee tier").exit_code == 0
    row = next(row for row in json.loads(book.invoke("--json").output) if row["break_id"] == break_id)
    assert (row["owner"], row["status"], row["note"]) == ("bob", "explained", "ann notes: a new fee tier")
    assert book.invoke("resolve", break_id, "--by", "ann", "--why", "mended").exit_code == 0
    listed = book.invoke().output
    assert "ann resolves: mended" in listed
    # The next run still finds it, at a later instant than any action on it.
    late = assess(book.desk, book.store, day=date(2026, 3, 3), as_of=datetime.now(UTC))
    record_sightings(book.store, book.trail, late, datetime.now(UTC))
    row = next(row for row in json.loads(book.invoke("--json").output) if row["break_id"] == break_id)
    assert row["status"] == "explained"


@pytest.mark.slow
@pytest.mark.xdist_group("faulty demo")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("accept", "ffffff", "--by", "ann", "--why", "x"), "break 'ffffff' is unknown, expected one of"),
        (("accept", "", "--by", "ann", "--why", "x"), "break '' is unknown"),
        (("note", "a", "--by", " ", "--why", "x"), "--by is empty"),
        (("note", "a", "--by", "ann", "--why", "x", "--as-of", "2999-01-01"), "is in the future"),
    ],
)
def test_wrong_action_is_refused_in_one_sentence(book: Book, arguments: tuple[str, ...], message: str) -> None:
    done = book.invoke(*arguments)
    assert (done.exit_code, message in done.stderr) == (2, True), done.output


def test_ledger_without_a_store_is_refused(one_bot_demo: DemoDesk, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["breaks", "--desk", str(one_bot_demo.folder), "--out", str(tmp_path / "out")])
    assert (done.exit_code, "no store there" in done.stderr) == (2, True)
    assert not (tmp_path / "out").exists()
