"""Whole desks through the library: the demo's story, the fleets with known faults, and a messy desk of February."""

import gzip
import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.assessment.assessment import Assessment, assess
from deskgate.gates.decision import Decision, blockers, decide
from deskgate.gates.evaluation import Status, Verdict
from deskgate.sources.listing import source_files
from deskgate.store.desk_store import ingest_desk
from deskgate.store.ingest import Ingestor
from deskgate.store.parts import file_parts
from deskgate.store.tables import Store
from whole_desks import NOW, IngestedDesk, ingest_once

# Whole desks: tests/cli/test_gates.py judges a day of the demo in `make test`.
pytestmark = pytest.mark.slow

Sample = Callable[[str], IngestedDesk]
# The assessed days of a desk are kept in the process that assessed them.
ON_THE_DEMO = pytest.mark.xdist_group("demo")
ON_THE_FAULTY_DEMO = pytest.mark.xdist_group("faulty demo")
ON_THE_CLEAN_FLEET = pytest.mark.xdist_group("clean fleet")
ON_THE_FAULTY_FLEET = pytest.mark.xdist_group("faulty fleet")
ON_THE_MESSY_DESK = pytest.mark.xdist_group("messy desk")
IDS = ("trade_id", "order_id", "exchange_order_id", "funding_id")


@ON_THE_DEMO
@pytest.mark.parametrize(
    ("day", "expected", "because"),
    [
        (2, Decision.HOLD, {"coverage_h", "snapshot_coverage"}),
        (3, Decision.STOP, {"fill_missing_local"}),
        (4, Decision.HOLD, {"gap_x", "snapshot_coverage"}),
        (5, Decision.GO, set()),
    ],
)
def test_demo_ends_each_day_with_its_decision(
    ingested_demo: IngestedDesk, day: int, expected: Decision, because: set[str]
) -> None:
    verdicts = ingested_demo.assess(date(2026, 3, day)).verdicts
    assert decide(verdicts) is expected
    found = {verdict.check for verdict in blockers(verdicts)}
    assert found >= because
    assert bool(found) == bool(because)


@ON_THE_DEMO
def test_break_of_the_outage_is_gone_when_the_bot_has_recovered(ingested_demo: IngestedDesk) -> None:
    assert ingested_demo.assess(date(2026, 3, 3)).breaks.height > 0
    assert ingested_demo.assess(date(2026, 3, 4)).breaks.is_empty()


def key(fault: dict[str, Any], leg: str) -> tuple[Any, ...]:
    """Return kind, bot, leg and ids of a fault as the truth file has them."""
    # The venue alone numbers payments: of one that it lacks no leg has the number.
    funding_id = None if leg == "exchange" else fault.get("funding_id")
    return (fault["kind"], fault["bot"], leg, *(fault.get(name) for name in IDS[:-1]), funding_id)


def found(breaks: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Return kind, bot, leg and ids of breaks, in order."""
    return sorted(breaks.select("kind", "bot", "leg", *IDS).iter_rows(), key=str)


@ON_THE_FAULTY_DEMO
def test_every_fault_of_the_demo_is_found_and_nothing_else(ingested_faulty_demo: IngestedDesk) -> None:
    faults = json.loads((ingested_faulty_demo.desk.root / "faults.json").read_text())["faults"]
    breaks = ingested_faulty_demo.assess(date(2026, 3, 3)).breaks
    outage = breaks.filter(kind="fill_missing_local", detail="seen by exchange, not by local and events")
    assert found(breaks.join(outage, on="break_id", how="anti")) == sorted(
        (key(fault, fault["leg"]) for fault in faults), key=str
    )
    assert outage.height in (2, 3, 4)


@ON_THE_CLEAN_FLEET
@pytest.mark.parametrize("day", [18, 19])
def test_clean_fleet_has_no_break(ingested_sample: Sample, day: int) -> None:
    assert ingested_sample("fleet_clean").assess(date(2026, 3, day)).breaks.is_empty()


@ON_THE_FAULTY_FLEET
@pytest.mark.parametrize(("day", "count"), [("2026-03-18", 23), ("2026-03-19", 19)])
def test_faulty_fleet_has_its_faults_and_no_other(ingested_sample: Sample, day: str, count: int) -> None:
    fleet = ingested_sample("fleet_faulty")
    faults = json.loads((fleet.desk.root / "faults.json").read_text())["faults"]
    expected = [key(it, it["where"].replace("paper_ledger", "exchange")) for it in faults if it["day"] == day]
    breaks = fleet.assess(date.fromisoformat(day)).breaks
    assert found(breaks.filter(first_seen=day)) == sorted(expected, key=str)
    assert len(expected) == count


def shuffled(rows: list[Any], chance: random.Random) -> list[Any]:
    return chance.sample(rows, len(rows))


def rearranged(fleet: Path, to: Path, chance: random.Random) -> None:
    """Write a desk with the rows of its exports and logs shuffled, and its files split, and split ones doubled."""
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
    configured = (to / "desk.toml").read_text()
    (to / "desk.toml").write_text(configured.replace("hummingbot_trades.sqlite", "*hummingbot_trades.sqlite"))


def assert_alike(one: IngestedDesk, two: IngestedDesk, *days: date) -> None:
    """Assert that two desks have the same breaks on each day; of the other one nothing else is judged."""
    for day in days:
        first = one.assess(day)
        second = assess(two.desk, two.store, day=day, as_of=first.case.as_of, gates=("reconciliation",))
        assert first.breaks.equals(second.breaks)


@ON_THE_FAULTY_DEMO
def test_order_of_the_demos_rows_and_files_does_not_matter(ingested_faulty_demo: IngestedDesk, tmp_path: Path) -> None:
    rearranged(ingested_faulty_demo.desk.root, tmp_path / "desk", random.Random(3))
    assert ingested_faulty_demo.assess(date(2026, 3, 3)).breaks.height > 0
    assert_alike(ingested_faulty_demo, ingest_once(tmp_path / "desk", tmp_path / "out"), date(2026, 3, 3))


@pytest.mark.long
@ON_THE_FAULTY_FLEET
@pytest.mark.parametrize("fleet", ["fleet_faulty", "fleet_clean"])
def test_order_of_a_fleets_rows_and_files_does_not_matter(ingested_sample: Sample, tmp_path: Path, fleet: str) -> None:
    plain = ingested_sample(fleet)
    rearranged(plain.desk.root, tmp_path / "desk", random.Random(3))
    other = ingest_once(tmp_path / "desk", tmp_path / "out")
    assert_alike(plain, other, date(2026, 3, 18), date(2026, 3, 19))


@ON_THE_FAULTY_FLEET
def test_breaks_of_the_day_before_stay_open(ingested_sample: Sample) -> None:
    breaks = ingested_sample("fleet_faulty").assess(date(2026, 3, 19)).breaks
    assert set(breaks["first_seen"]) == {"2026-03-18", "2026-03-19"}


@pytest.fixture
def messy(ingested_sample: Sample) -> IngestedDesk:
    """The desk of February: paper bots called live, bots that stopped, an exchange leg made of local files."""
    return ingested_sample("desk_20260224")


def by_name(assessment: Assessment) -> dict[tuple[str, str], Verdict]:
    return {(item.check, item.subject): item for item in assessment.verdicts}


@ON_THE_MESSY_DESK
def test_messy_desk_holds_for_the_reasons_a_careful_reader_finds(messy: IngestedDesk) -> None:
    assessment = messy.assess(date(2026, 2, 24))
    verdicts = by_name(assessment)
    assert decide(assessment.verdicts) in (Decision.HOLD, Decision.STOP)
    # Events of the 24th lie in a file named for the 22nd: 534 of each bot, dated by their own stamp.
    assert (verdicts["events", "bot1"].observed, verdicts["events", "bot4"].observed) == (534, 534)
    assert verdicts["events", "bot3"].status is Status.INSUFFICIENT
    # Thousands of fills without an event, and an exchange leg that is none.
    assert verdicts["fill_missing_events", "bot1"].observed == 3108
    assert verdicts["fill_missing_events", "bot3"].observed == 626
    assert verdicts["fills_checked_share", "bot1"].status is Status.INSUFFICIENT
    # bot4 stopped days before, bot3 most of a day before.
    assert verdicts["local_age_s", "bot4"].status is Status.FAIL
    assert verdicts["local_age_s", "bot3"].status is Status.FAIL
    assert {item.subject for item in assessment.verdicts} == {"bot1", "bot3", "bot4", "portfolio"}


@ON_THE_MESSY_DESK
def test_messy_desks_counters_contradict_each_other(messy: IngestedDesk) -> None:
    verdicts = by_name(messy.assess(date(2026, 2, 24)))
    assert verdicts["fills_count_off", "bot1"].observed == 18
    assert verdicts["fees_decreases", "bot1"].observed == 1
    # Called live, and all its minutes are paper.
    assert verdicts["connector_foreign", "bot1"].observed == 1331
    # Its account becomes another one on the 25th: paper, then perpetual, with base shares of hundreds.
    late = by_name(messy.assess(date(2026, 2, 25)))
    assert (late["connector_changes", "bot1"].observed, late["base_pct_outside", "bot1"].observed) == (1, 7)
    assert {late[name, "bot1"].status for name in ("connector_changes", "base_pct_outside")} == {Status.FAIL}


@ON_THE_MESSY_DESK
def test_derived_snapshot_is_no_evidence_once_it_exists(messy: IngestedDesk) -> None:
    verdict = by_name(messy.assess(date(2026, 2, 25)))["fills_checked_share", "bot1"]
    assert verdict.status is Status.INSUFFICIENT
    assert "derived from the bot's own files" in verdict.reason


@pytest.mark.long  # tests/cli/test_store.py and the order of the demo's rows and files above show either more quickly
@ON_THE_FAULTY_DEMO
def test_second_ingestion_adds_nothing_and_the_order_of_files_changes_nothing(
    ingested_faulty_demo: IngestedDesk, tmp_path: Path
) -> None:
    desk, first = ingested_faulty_demo.desk, ingested_faulty_demo.assess(date(2026, 3, 3))
    again = shutil.copytree(ingested_faulty_demo.out, tmp_path / "again")
    added = ingest_desk(desk, again, lambda: NOW)[1].rows
    # Files younger than the clock of this test are read again, which the ledger notes.
    assert [table for table, rows in added.items() if rows and table != "ledger"] == []
    ingestor = Ingestor(Store.open(str(tmp_path / "backwards" / "store"), desk.name), desk, lambda: NOW)
    parts = [part for source in reversed(source_files(desk)) for part in file_parts(source, None)]
    # Commits of a few files each, in an order in which no desk is ever read.
    for begin in range(0, len(parts), 8):
        ingestor.commit(parts[begin : begin + 8])
    other = IngestedDesk(desk, tmp_path / "backwards").assess(first.case.day)
    assert other.breaks.equals(first.breaks)
    assert other.metrics.equals(first.metrics)
