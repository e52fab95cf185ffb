"""What assessing a day costs on day 10, 30 and 100 of a desk that trades a lot, and where.

    python -m benchmarks.heavy 10 30 100 --bots 4 --fills 3000 --accounting fifo

The rows of one day of a small desk (`benchmarks.history`) are multiplied where they are stored: reading files is not
measured here. All legs agree, the day's trades leave nothing held, and an account is exported every eight hours. A day is assessed
twice: first as one on which the carried state moves on, the dearest of five, then with the state that it kept (`_again`),
which is the cheapest. With `--soak` a baseline is in force since the first day, and the first bot has the second as its shadow.
The last column of each measure is its ratio to the first day that is shown.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.history import BOT, FILLS, START, LongDesk, age, freeze, peak_mb
from deskgate.assessment.assessment import assess
from deskgate.case.case import Case
from deskgate.case.findings import Findings
from deskgate.checks import registry
from deskgate.config.accounting import Accounting
from deskgate.config.desk_file import load_desk
from deskgate.schema import TABLES
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction

_MONEY = pl.Decimal(38, 18)
# Tables whose rows are of one fill, and those that have rows of every day.
_BY_FILL = ("fills", "orders")
_BY_DAY = ("fills", "orders", "events", "mids", "snapshots", "positions", "balances")


def template(folder: Path) -> dict[str, pl.DataFrame]:
    """Return the stored frames of one day of a small desk."""
    desk = LongDesk(folder / "desk")
    desk.add_day()
    age(desk.root)
    loaded = load_desk(desk.root)
    store = Store.open(folder / "small", loaded.name)
    Ingestor(store, loaded, lambda: datetime.now(UTC)).ingest_files()
    return store.read(store.pin(), START + timedelta(days=2))


def day_of(frames: dict[str, pl.DataFrame], number: int, bots: list[str], fills: int) -> dict[str, pl.DataFrame]:
    """Return the frames of one day of the desk: those of the template for each bot, later and with ids of their own."""
    names = [name for name in frames if name in _BY_DAY or (number == 0 and name == "sources") or name == "ledger"]
    return {
        name: pl.concat(_moved(name, frames[name], number, bot, fills) for bot in bots)
        .select(TABLES[name].column_names())
        .cast(frames[name].schema)
        for name in [*(each for each in names if each != "ledger"), "ledger"]
    }


def _moved(name: str, frame: pl.DataFrame, number: int, bot: str, fills: int) -> pl.DataFrame:
    own = pl.concat_str(pl.lit(f"{bot}-{number}-"), "row_id", pl.lit("-"), pl.col("copy").cast(pl.String))
    times = [column for column in ("ts", "visible_at", "created_ts", "arrived_at") if column in frame.columns]
    apart = pl.duration(milliseconds=pl.col("copy") * (3_600_000 * FILLS // fills)) + pl.duration(days=number)
    is_fill = pl.col("event_type") == "order_filled" if name == "events" else pl.lit(name in _BY_FILL)
    copies = pl.DataFrame({"copy": range(fills // FILLS)}, schema={"copy": pl.Int64})
    rows = (
        frame.join(copies, how="cross").filter(is_fill | (pl.col("copy") == 0)).with_columns(pl.lit(bot).alias("bot"))
    )
    rows = rows.with_columns(
        own.alias("row_id"),
        pl.col("path").str.replace("bot1/", f"{bot}/", literal=True),
        *[pl.col(each) + apart for each in times if name in _BY_DAY],
    )
    ids = [each for each in ("trade_id", "order_id", "exchange_order_id", "event_id") if each in rows.columns]
    rows = rows.with_columns(
        pl.concat_str(each, pl.lit(f"-{number}-"), pl.col("copy").cast(pl.String)) for each in ids if name in _BY_DAY
    )
    if name == "fills":
        # Of two neighbours one is bought and one sold, so that nothing is held; `t0-7` is the number of the day's fill.
        odd = pl.col("trade_id").str.extract(r"^t\d+-(\d+)").cast(pl.Int64) % 2 == 1
        flat = [
            pl.lit(0, _MONEY).alias("fee_amount"),
            pl.lit("USDT").alias("fee_token"),
            pl.lit(0, _MONEY).alias("fee_quote"),
        ]
        rows = rows.with_columns(pl.when(odd).then(pl.lit("SELL")).otherwise(pl.lit("BUY")).alias("side"), *flat)
    if name == "positions":
        rows = rows.with_columns(pl.lit(0, _MONEY).alias("quantity"), pl.lit(0, _MONEY).alias("long_quantity"))
    return rows.drop("copy")


def one_day(desk_root: Path, place: Path, day: str) -> dict[str, float]:
    """Assess one day, and return what it cost, whole and by check."""
    desk = load_desk(desk_root)
    store = Store.open(place, desk.name)
    begin = datetime.fromisoformat(day)
    spent: dict[str, float] = {}

    def timed(check: registry.Check, case: Case) -> Findings:
        began = time.process_time()
        try:
            return run(check, case)
        finally:
            spent[f"  {check.name}_s"] = time.process_time() - began

    run, registry.run_check = registry.run_check, timed
    began, clock = time.process_time(), time.perf_counter()
    assessment = assess(desk, store, day=begin.date(), as_of=begin + timedelta(days=1))
    return {
        "assess_s": time.process_time() - began,
        "assess_wall_s": time.perf_counter() - clock,
        "assess_mb": peak_mb(),
        "breaks": assessment.breaks.height,
        **{name: value for name, value in spent.items() if value > 0.2},
    }


def _add(rows: dict[str, pl.DataFrame], transaction: Transaction) -> None:
    transaction.add_all(rows)


def _desk(bots: list[str], *, soak: bool, accounting: Accounting) -> str:
    """Return a desk.toml in which every bot opened with what the first export of its account shows."""
    at = START + timedelta(hours=8)
    opening = f"opening = {{ at = {at:%Y-%m-%dT%H:%M:%SZ}, balance = {{ USDT = 500 }} }}\n"
    shadow = 'shadow = "bot2"\n'
    parts = [BOT.format(name=name) + opening + (shadow if soak and name == bots[0] else "") for name in bots]
    return f'[desk]\nname = "heavy"\naccounting = "{accounting}"\n' + "".join(parts)


def main() -> None:
    """Live through the days and print one line for each measure of those that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("days", nargs="*", type=int, default=[10, 30, 100])
    parser.add_argument("--bots", type=int, default=4)
    parser.add_argument("--fills", type=int, default=3000, help="a day, bot and leg; a multiple of 24")
    parser.add_argument("--soak", action="store_true", help="with a baseline since the first day, and a shadow")
    parser.add_argument("--accounting", type=Accounting, choices=list(Accounting), default=Accounting.AVERAGE)
    parser.add_argument("--keep", type=Path, help="where the desk and its stores stay, for another look")
    parser.add_argument("--one-day", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one_day:
        root, place, day = given.one_day
        print(json.dumps(one_day(Path(root), Path(place), day)))
        return
    with tempfile.TemporaryDirectory() as folder:
        place = given.keep or Path(folder)
        _live(place, sorted(given.days), given.bots, given.fills, soak=given.soak, accounting=given.accounting)


def _live(folder: Path, shown: list[int], bots: int, fills: int, *, soak: bool, accounting: Accounting) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names, frames = [f"bot{number + 1}" for number in range(bots)], template(folder)
    root, place = folder / "heavy", folder / "store"
    root.mkdir()
    (root / "desk.toml").write_text(_desk(names, soak=soak, accounting=accounting))
    store = Store.open(place, "heavy")
    first: dict[str, float] = {}
    print(f"{'day':>5} {'measure':<22} {'value':>9} {'x first':>8}")
    if soak:
        freeze(store)
    for number in range(shown[-1]):
        store.write(partial(_add, day_of(frames, number, names, fills)))
        store.compact()
        if number + 1 in shown:
            # What this one keeps is so old on the day that its state moves on.
            _alone(root, place, max(0, number - 4))
            measured = _alone(root, place, number)
            again = _alone(root, place, number)
            measured |= {f"{name}_again": again[name] for name in ("assess_s", "assess_mb")}
            first = first or measured
            for name, value in measured.items():
                ratio = f"{value / first[name]:>8.2f}" if first.get(name) else ""
                print(f"{number + 1:>5} {name:<22} {value:>9.2f} {ratio}", flush=True)


def _alone(root: Path, place: Path, number: int) -> dict[str, float]:
    """Assess one day in a process of its own, and return what it cost."""
    day = (START + timedelta(days=number)).isoformat()
    command = [sys.executable, "-m", "benchmarks.heavy", "--one-day", str(root), str(place), day]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(run.stdout)
    return found


if __name__ == "__main__":
    main()
