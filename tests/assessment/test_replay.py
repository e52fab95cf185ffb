"""Stored days are the same bytes for another machine: another folder, zone, locale, order of files and number of threads."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from deskgate.assessment.artifacts import write_artifacts
from whole_desks import IngestedDesk

pytestmark = pytest.mark.slow

ELSEWHERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "tr_TR.UTF-8",
    "PYTHONHASHSEED": "7",
    "POLARS_MAX_THREADS": "2",
    "PYTHONPATH": str(Path(__file__).parents[1]),
}
# Ingests a copy of the desk in another order, one commit for each file, and prints the digests of its days.
PROGRAM = """
import json, random, shutil, sys
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from deskgate.assessment.artifacts import write_artifacts
from deskgate.store import ingest, reading
from whole_desks import ingest_once

listed = reading.source_files

def shuffled(*given, **more):
    files = [list(group) for _, group in groupby(listed(*given, **more), lambda source: source.path)]
    random.Random(7).shuffle(files)
    return [source for group in files for source in group]

reading.source_files, ingest.GROUP_RECORDS = shuffled, 1
place = Path(sys.argv[2])
desk = shutil.copytree(sys.argv[1], place / "elsewhere" / "desk")
made = ingest_once(desk, place / "other_out", frozen_at=datetime.fromisoformat(sys.argv[3]) if sys.argv[3] else None)
days = {day: write_artifacts(place / day, made.assess(date.fromisoformat(day)), {}).digests for day in sys.argv[4:]}
print(json.dumps(days))
"""


def assert_same_elsewhere(made: IngestedDesk, place: Path, *days: str, frozen_at: str = "") -> None:
    here = {
        day: write_artifacts(place / "here" / day, made.assess(date.fromisoformat(day)), {}).digests for day in days
    }
    command = [sys.executable, "-c", PROGRAM, str(made.desk.root), str(place), frozen_at, *days]
    done = subprocess.run(command, env=os.environ | ELSEWHERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    there = json.loads(done.stdout.splitlines()[-1])
    assert {"verdicts.json", "breaks.csv", "inputs.json"} <= here[days[0]].keys()
    assert there == here


def test_a_day_is_the_same_bytes_elsewhere(ingested_one_day_demo: IngestedDesk, tmp_path: Path) -> None:
    assert_same_elsewhere(ingested_one_day_demo, tmp_path, "2026-03-02")


@pytest.mark.long
def test_three_days_are_the_same_bytes_elsewhere(ingested_demo: IngestedDesk, tmp_path: Path) -> None:
    days = ("2026-03-03", "2026-03-04", "2026-03-05")
    assert_same_elsewhere(ingested_demo, tmp_path, *days, frozen_at="2026-03-02T07:00:00+00:00")
