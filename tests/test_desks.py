"""Whole desks through the library: the demo's story, the fleets with known faults, and a messy desk of February."""

import gzip
import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.assessment.artifacts import write_artifacts
from deskgate.assessment.assessment import Assessment, assess
from deskgate.config.desk import load_desk
from deskgate.demo import DemoDesk, write_demo
from deskgate.gates.decision import Decision, blockers, decide
from deskgate.gates.evaluation import Status
from deskgate.run.freeze import freeze
from deskgate.sources.listing import source_files
from deskgate.store.desk_store import ingest_desk
from deskgate.store.ingest import Ingestor, read_desk
from deskgate.store.parts import file_parts
from deskgate.store.tables import Store

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
Judged = Callable[[date], Assessment]
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def judged(folder: Path, out: Path, *, frozen_at: datetime | None = None) -> Judged:
    """Ingest a desk once and return what assesses a day of it."""
    desk = load_desk(folder)
    if frozen_at:
        freeze(desk, out, by="ann", why="test", effective_at=frozen_at, recorded_at=frozen_at)
    store, _ = ingest_desk(desk, out, lambda: NOW)

    def of(day: date) -> Assessment:
        return assess(
            desk, store, day=day, as_of=datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        )

    return of


@pytest.fixture(scope="module")
def story(demo: DemoDesk, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    opened = datetime(2026, 3, 2, 7, tzinfo=UTC)
    return judged(demo.folder, tmp_path_factory.mktemp("story"), frozen_at=opened)


@pytest.mark.parametrize(
    ("day", "expected", "because"),
    [
        (2, Decision.HOLD, {"coverage_h", "snapshot_coverage"}),
        (3, Decision.STOP, {"fill_missing_local"}),
        (4, Decision.HOLD, {"gap_x", "snapshot_coverage"}),
        (5, Decision.GO, set()),
    ],
)
def test_the_demo_tells_its_story(story: Judged, day: int, expected: Decision, because: set[str]) -> None:
    verdicts = story(date(2026, 3, day)).verdicts
    assert decide(verdicts) is expected
    found = {verdict.check for verdict in blockers(verdicts)}
    assert found >= because
    assert bool(found) == bool(because)


def test_the_demos_repaired_day_has_no_break_left(story: Judged) -> None:
    assert story(date(2026, 3, 3)).breaks.height > 0
    assert story(date(2026, 3, 4)).breaks.is_empty()


def test_every_planted_fault_of_the_demo_is_found_and_nothing_else(tmp_path: Path) -> None:
    made = write_demo(tmp_path / "desk", faults="all")
    planted = json.loads((made.folder / "faults.json").read_text())
    breaks = judged(made.folder, tmp_path / "out")(date(2026, 3, 3)).breaks
    outage = breaks.filter(
        (breaks["kind"] == "fill_missing_local") & (breaks["detail"] == "seen by exchange, not by local and events")
    )
    rest = breaks.join(outage, on="break_id", how="anti")
    assert sorted(rest.select("kind", "bot").iter_rows()) == sorted(
        (item["kind"], item["bot"]) for item in planted["faults"]
    )
    assert outage.height in (2, 3, 4)


@pytest.mark.parametrize("day", [18, 19])
def test_clean_fleet_has_no_break(samples: Path, tmp_path: Path, day: int) -> None:
    assert judged(samples / "fleet_clean", tmp_path)(date(2026, 3, day)).breaks.is_empty()


def key(fault: dict[str, Any]) -> tuple[Any, ...]:
    """Return kind, bot, leg and ids of a fault as the truth file has them."""
    leg = fault["where"].replace("paper_ledger", "exchange")
    return (
        fault["kind"],
        fault["bot"],
        leg,
        fault.get("trade_id"),
        fault.get("order_id"),
        fault.get("exchange_order_id"),
        # The venue alone numbers payments: of one that it lacks no leg has the number.
        None if leg == "exchange" else fault.get("funding_id"),
    )


@pytest.mark.parametrize(("day", "count"), [("2026-03-18", 23), ("2026-03-19", 19)])
def test_faulty_fleet_has_its_faults_and_no_other(samples: Path, tmp_path: Path, day: str, count: int) -> None:
    truth = json.loads((samples / "fleet_faulty" / "faults.json").read_text())["faults"]
    expected = sorted((key(fault) for fault in truth if fault["day"] == day), key=str)
    breaks = judged(samples / "fleet_faulty", tmp_path)(date.fromisoformat(day)).breaks
    own = breaks.filter(breaks["first_seen"] == day)
    columns = ("kind", "bot", "leg", "trade_id", "order_id", "exchange_order_id", "funding_id")
    assert sorted(own.select(columns).iter_rows(), key=str) == expected
    assert len(expected) == count


def shuffled(rows: list[Any], chance: random.Random) -> list[Any]:
    return chance.sample(rows, len(rows))


def rearranged(fleet: Path, to: Path, chance: random.Random) -> None:
    """Write a fleet's desk with the rows of its exports and logs shuffled, and its files split, and split ones doubled."""
    shutil.copytree(fleet, to)
    for file in [each for each in to.rglob("*") if each.is_file()]:
        file.chmod(0o644)
        raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        name = file.name.removesuffix(".gz")
        if name == "events.jsonl":
            lines = shuffled(raw.decode().splitlines(keepends=True), chance)
            cut = chance.randrange(len(lines)) if lines else 0
            file.unlink()
            for part, some in (("0", lines[:cut]), ("1", lines[cut:]), ("2", lines[: cut // 2])):
                (file.parent / f"events.jsonl.{part}").write_text("".join(some))
        elif file.suffix != ".gz" and file.parent.name in ("exchange", "paper_ledger") and raw.strip().startswith(b"["):
            items = shuffled(json.loads(raw), chance)
            cut = chance.randrange(len(items)) if items else 0
            file.unlink()
            for part, found in (("a", items[:cut]), ("b", items[cut:]), ("c", items)):
                (file.parent / f"{file.stem}.{part}.json").write_text(json.dumps(found))
        elif file.suffix == ".sqlite":
            with closing(sqlite3.connect(file)) as database:
                for table in ("TradeFill", "OrderStatus"):
                    rows = shuffled(database.execute(f'SELECT * FROM "{table}"').fetchall(), chance)
                    database.execute(f'DELETE FROM "{table}"')
                    for row in rows:
                        database.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', row)
                database.commit()
            shutil.copy(file, file.with_name(f"copy_of_{file.name}"))
    told = (to / "desk.toml").read_text()
    (to / "desk.toml").chmod(0o644)
    (to / "desk.toml").write_text(told.replace("hummingbot_trades.sqlite", "*hummingbot_trades.sqlite"))


@pytest.mark.parametrize("fleet", ["fleet_faulty", "fleet_clean"])
def test_the_order_of_rows_and_their_files_decides_nothing(samples: Path, tmp_path: Path, fleet: str) -> None:
    rearranged(samples / fleet, tmp_path / "desk", random.Random(3))
    plain, other = judged(samples / fleet, tmp_path / "a"), judged(tmp_path / "desk", tmp_path / "b")
    for day in (date(2026, 3, 18), date(2026, 3, 19)):
        one, two = (
            write_artifacts(tmp_path / name / str(day), each(day), {}) for each, name in ((plain, "x"), (other, "y"))
        )
        assert (one.folder / one.breaks_file).read_bytes() == (two.folder / two.breaks_file).read_bytes()


def test_breaks_of_the_day_before_stay_open(samples: Path, tmp_path: Path) -> None:
    breaks = judged(samples / "fleet_faulty", tmp_path)(date(2026, 3, 19)).breaks
    assert set(breaks["first_seen"]) == {"2026-03-18", "2026-03-19"}


def test_messy_desk_holds_for_the_reasons_a_careful_reader_finds(samples: Path, tmp_path: Path) -> None:
    assessment = judged(samples / "desk_20260224", tmp_path)(date(2026, 2, 24))
    by_name = {(item.check, item.subject): item for item in assessment.verdicts}
    assert decide(assessment.verdicts) in (Decision.HOLD, Decision.STOP)
    # Events of the 24th lie in a file named for the 22nd: 534 of each bot, dated by their own stamp.
    assert (by_name["events", "bot1"].observed, by_name["events", "bot4"].observed) == (534, 534)
    assert by_name["events", "bot3"].status is Status.INSUFFICIENT
    # Thousands of fills without an event, and an exchange leg that is none.
    assert by_name["fill_missing_events", "bot1"].observed == 3108
    assert by_name["fill_missing_events", "bot3"].observed == 626
    assert by_name["fills_checked_share", "bot1"].status is Status.INSUFFICIENT
    # bot4 stopped days before, bot3 most of a day before.
    assert by_name["local_age_s", "bot4"].status is Status.FAIL
    assert by_name["local_age_s", "bot3"].status is Status.FAIL
    assert {item.subject for item in assessment.verdicts} == {"bot1", "bot3", "bot4", "portfolio"}


def test_messy_desk_says_of_itself_what_cannot_be(samples: Path, tmp_path: Path) -> None:
    of = judged(samples / "desk_20260224", tmp_path)
    by_name = {(item.check, item.subject): item for item in of(date(2026, 2, 24)).verdicts}
    assert by_name["fills_count_off", "bot1"].observed == 18
    assert by_name["fees_decreases", "bot1"].observed == 1
    # Called live, and all its minutes are paper.
    assert by_name["connector_foreign", "bot1"].observed == 1331
    # Its account becomes another one on the 25th: paper, then perpetual, with base shares of hundreds.
    late = {(item.check, item.subject): item for item in of(date(2026, 2, 25)).verdicts}
    assert (late["connector_changes", "bot1"].observed, late["base_pct_outside", "bot1"].observed) == (1, 7)
    assert {late[name, "bot1"].status for name in ("connector_changes", "base_pct_outside")} == {Status.FAIL}


def test_derived_snapshot_is_no_evidence_once_it_exists(samples: Path, tmp_path: Path) -> None:
    assessment = judged(samples / "desk_20260224", tmp_path)(date(2026, 2, 25))
    verdict = next(
        item for item in assessment.verdicts if (item.check, item.subject) == ("fills_checked_share", "bot1")
    )
    assert verdict.status is Status.INSUFFICIENT
    assert "derived from the bot's own files" in verdict.reason


def test_second_ingestion_adds_nothing_and_the_order_of_files_changes_nothing(demo: DemoDesk, tmp_path: Path) -> None:
    desk = load_desk(demo.folder)
    store, first = ingest_desk(desk, tmp_path / "a", lambda: NOW)
    assert ingest_desk(desk, tmp_path / "a", lambda: NOW)[1].rows.total() == 0
    assert first.rows["fills"] == read_desk(desk)["fills"].height
    other = Store.open(tmp_path / "b", desk.name)
    parts = [part for source in source_files(desk) for part in file_parts(source, None)]
    for part in reversed(parts):
        Ingestor(other, desk, lambda: NOW).commit([part])
    day, as_of = date(2026, 3, 3), datetime(2026, 3, 4, tzinfo=UTC)
    one, two = (assess(desk, each, day=day, as_of=as_of) for each in (store, other))
    assert one.breaks.equals(two.breaks)
    assert one.metrics.equals(two.metrics)
