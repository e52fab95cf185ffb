"""What a daily run of one day costs with 4 and with 40 bots: CPU, wall time by stage, and the weight of its pages.

    python -m benchmarks.fleet 4 40

The desk is the demo's of one day; more bots are copies of its four, each with names, files and an events file of its own.
Each desk is ingested and run by `deskgate daily`, once. The ratio is to the first desk. What grows faster than the number
of bots is marked: a page lists bots, so that its weight may grow with them, never faster.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deskgate.demo import write_demo

DAY, OPENED = "2026-03-02", "2026-03-02T07:00:00Z"
FOUR = 4
PAGES = (
    "index.html",
    *(f"{DAY}/{name}" for name in ("index.html", "05_portfolio_risk.html", "06_promotion_gates.html")),
)
_LISTS = re.compile(r"^(local|events|exchange|config)\s*=", re.MULTILINE)


def main() -> None:
    """Run a day of each desk and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bots", nargs="*", type=int, default=[4, 40], help="numbers of bots, multiples of 4")
    numbers: list[int] = parser.parse_args().bots
    if any(number < FOUR or number % FOUR for number in numbers):
        parser.error(f"bots are {numbers}, expected multiples of {FOUR}: the demo's four are copied as a whole")
    with tempfile.TemporaryDirectory(prefix="deskgate-fleet-") as folder:
        first: dict[str, float] = {}
        for number in numbers:
            found = cost(Path(folder) / str(number), number)
            first = first or found
            _show(number, number / numbers[0], found, first)


def write_fleet(folder: Path, bots: int, days: int = 1) -> Path:
    """Write the demo's desk of one day, or of several, with so many bots, and return its folder."""
    write_demo(folder / "demo", days=days)
    desk = shutil.copytree(folder / "demo", folder / "desk")
    text = (desk / "desk.toml").read_text(encoding="utf-8")
    sections = text[text.index("[bots.") :]
    for copy in range(1, bots // FOUR):
        # Names are as long as before: a database stays one when they are replaced in its bytes.
        shutil.copytree(folder / "demo", desk / f"c{copy:02}")
        for file in sorted((desk / f"c{copy:02}").rglob("*"), reverse=True):
            if file.is_file():
                named = re.sub(rb"bot([1-4])", rb"b%02d\1" % copy, file.read_bytes())
                # The store keeps an event id once, whichever bot's it is.
                file.write_bytes(re.sub(rb'("(?:event|correlation)_id": ")..', rb"\g<1>%02d" % copy, named))
            file.rename(file.with_name(_renamed(file.name, copy)))
        text += "\n" + "\n".join(_placed(line, copy) for line in sections.splitlines())
    (desk / "desk.toml").write_text(text, encoding="utf-8")
    return desk


def _renamed(text: str, copy: int) -> str:
    return re.sub(r"bot([1-4])", rf"b{copy:02}\1", text)


def _placed(line: str, copy: int) -> str:
    line = _renamed(line, copy)
    return re.sub(r'"([^"]+)"', rf'"c{copy:02}/\1"', line) if _LISTS.match(line) else line


def cost(folder: Path, bots: int) -> dict[str, float]:
    """Return CPU and wall seconds of a daily run and of its stages, counts, and the kilobytes of its pages."""
    desk, out = write_fleet(folder, bots), folder / "out"
    at = ["--desk", str(desk), "--out", str(out)]
    _deskgate("baseline", "freeze", *at, "--as-of", OPENED, "--by", "benchmark", "--why", "benchmark")
    before = os.times()
    document: dict[str, Any] = json.loads(_deskgate("daily", *at, "--date", DAY, "--json"))
    after = os.times()
    found = {"CPU s": sum(after[2:4]) - sum(before[2:4]), "wall s": after.elapsed - before.elapsed}
    found |= {f"{stage} s": seconds for stage, seconds in document["seconds"].items()}
    verdicts = json.loads((out / DAY / "verdicts.json").read_text(encoding="utf-8"))
    breaks = (out / DAY / "breaks.csv").read_text(encoding="utf-8").count("\n") - 1
    return (
        found | {"verdicts": len(verdicts), "breaks": breaks} | {f"{page} KB": _kilobytes(out / page) for page in PAGES}
    )


def _kilobytes(page: Path) -> float:
    return page.stat().st_size / 1024


def _deskgate(*given: str) -> str:
    program = Path(sys.executable).with_name("deskgate")
    ran = subprocess.run([program, *given], stdout=subprocess.PIPE, text=True, check=False)
    # 1: the day is no GO, which is no matter here.
    if ran.returncode not in (0, 1):
        raise SystemExit(f"deskgate {given[0]} ended with {ran.returncode}, see above; expected 0 or 1")
    return ran.stdout


def _show(number: int, times: float, found: Mapping[str, float], first: Mapping[str, float]) -> None:
    print(f"\n{number} bots", flush=True)
    for name, value in found.items():
        ratio = value / first[name] if first.get(name) else float("nan")
        print(f"{name:45} {value:10,.1f} {ratio:7.2f}x{' faster than the bots' if ratio > times else ''}", flush=True)


if __name__ == "__main__":
    main()
