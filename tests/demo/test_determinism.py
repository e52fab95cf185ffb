import os
import subprocess
import sys
from decimal import Context, localcontext
from pathlib import Path

import pytest

from deskgate.demo import DemoDesk, write_demo


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_same_arguments_give_same_bytes(spoilt: Path, tmp_path: Path) -> None:
    again = write_demo(tmp_path / "again", days=2, faults="all").folder
    assert _contents(again) == _contents(spoilt)


@pytest.mark.slow
def test_another_seed_differs_in_every_bot(one_day_demo: DemoDesk, tmp_path: Path) -> None:
    other = _contents(write_demo(tmp_path / "other", days=1, seed=8).folder)
    known = _contents(one_day_demo.folder)
    for name in ("bot1/events.jsonl", "bot3/paper_ledger/my_trades.json", "bot4/exchange/my_trades.json"):
        assert other[name] != known[name]


@pytest.mark.slow
def test_decimal_context_of_the_caller_does_not_matter(one_day_demo: DemoDesk, tmp_path: Path) -> None:
    with localcontext(Context(prec=9)):
        coarse = write_demo(tmp_path / "coarse", days=1).folder
    assert _contents(coarse) == _contents(one_day_demo.folder)


@pytest.mark.slow
def test_hash_seed_does_not_matter(one_day_demo: DemoDesk, tmp_path: Path) -> None:
    code = "import sys, pathlib, deskgate.demo as d; d.write_demo(pathlib.Path(sys.argv[1]), days=1)"
    # No interpreter of the tests has this seed: theirs is random.
    subprocess.run([sys.executable, "-c", code, tmp_path / "1"], env=os.environ | {"PYTHONHASHSEED": "1"}, check=True)
    assert _contents(tmp_path / "1") == _contents(one_day_demo.folder)
