"""What days cost in one process, in two, and by Dask with one, two and four workers, and whether all say the same.

    python -m benchmarks.engines 40 3                                   # 40 bots, 3 days, by the demo's generator
    python -m benchmarks.engines --desk DESK 2026-03-18 2026-03-19      # another desk's days
    python -m benchmarks.engines 40 30 --keep DIR --engines dask:4      # one engine again, on the store that DIR has

The desk is ingested once. Each engine then assesses and judges all days, one after the other, in one process of its own: CPU and
wall seconds (those of its workers too), the peak memory of that process and of its largest worker, and one digest over
verdicts.json, breaks.csv and the metrics of all days. What days carry to each other is deleted before each engine. An engine is
local or dask with its workers; local:1 is the process itself. Ends with 1 where digests differ.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

FIRST = date(2026, 3, 2)
RUNS = ("local:1", "local:2", "dask:1", "dask:2", "dask:4")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def main() -> None:
    """Run every engine over the same days and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("given", nargs="*", default=["40", "3"], help="bots and days; with --desk the days")
    parser.add_argument("--desk", type=Path, help="another desk; it is read alone")
    parser.add_argument("--engines", nargs="+", default=RUNS, help="as NAME:WORKERS")
    parser.add_argument("--keep", type=Path, help="where the desk and its store stay, to be used again")
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        engine, desk_file, out = options.run
        print(json.dumps(_assess(engine, desk_file, out, options.given)))
        return
    with tempfile.TemporaryDirectory(prefix="deskgate-engines-") as place:
        folder = options.keep or Path(place)
        desk, days = options.desk, options.given
        if desk is None:
            from benchmarks.fleet import write_fleet

            bots, number = map(int, options.given)
            desk = folder / "desk"
            if not desk.exists():
                write_fleet(folder, bots, number)
            days = [str(FIRST + timedelta(days=n)) for n in range(number)]
        _ingest(desk, folder / "out")
        found = [_run(desk, folder / "out", days, engine) for engine in options.engines]
    raise SystemExit(len(set(found)) > 1)


def _ingest(desk: Path, out: Path) -> None:
    from deskgate.config.desk_file import load_desk
    from deskgate.store.desk_store import ingest_desk

    ingest_desk(load_desk(desk), out, lambda: NOW)


def _run(desk: Path, out: Path, days: list[str], engine: str) -> str:
    for carried in out.glob("*.carried"):
        shutil.rmtree(carried)
    command = [sys.executable, "-m", "benchmarks.engines", *days, "--run", engine, str(desk), str(out)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    print(f"{engine:8}", *(f"{value} {unit}" for unit, value in found.items()), sep="  ", flush=True)
    return str(found["digest"])


def _assess(engine: str, desk: str, out: str, days: list[str]) -> dict[str, float | str]:
    from deskgate.assessment.artifacts import write_artifacts
    from deskgate.assessment.assessment import assess
    from deskgate.config.desk_file import load_desk
    from deskgate.engines import open_engine
    from deskgate.store.desk_store import open_existing

    where = load_desk(Path(desk))
    store, digest, began = open_existing(where, Path(out)), sha256(), time.monotonic()
    name, workers = engine.split(":")
    with open_engine(name, int(workers)) as opened, tempfile.TemporaryDirectory() as place:
        for day in map(date.fromisoformat, days):
            end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
            folder = Path(place) / str(day)
            written = write_artifacts(folder, assess(where, store, day=day, as_of=end, engine=opened), {})
            for name in sorted({written.verdicts_file, written.breaks_file, *written.metrics_files.values()}):
                digest.update(f"{day}/{name} {written.digests[name]}\n".encode())
    mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = sum(each.ru_utime + each.ru_stime for each in (mine, theirs))
    return {
        "CPU s": round(cpu, 1),
        "wall s": round(time.monotonic() - began, 1),
        "MB": round(mine.ru_maxrss / 1024),
        "MB of the largest worker": round(theirs.ru_maxrss / 1024),
        "digest": digest.hexdigest()[:16],
    }


if __name__ == "__main__":
    main()
