import json
import os
import subprocess
import sys
from decimal import Context, localcontext
from pathlib import Path

from deskgate.demo import write_demo


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_same_arguments_give_same_bytes(demo: Path, tmp_path: Path) -> None:
    again = write_demo(tmp_path / "again").folder
    assert _contents(again) == _contents(demo)


def test_another_seed_differs_in_every_bot(demo: Path, tmp_path: Path) -> None:
    other, known = _contents(write_demo(tmp_path / "other", seed=8).folder), _contents(demo)
    for name in ("bot1/events.jsonl", "bot3/paper_ledger/my_trades.json", "bot4/exchange/my_trades.json"):
        assert other[name] != known[name]


def test_decimal_context_of_the_caller_does_not_matter(tmp_path: Path) -> None:
    usual = write_demo(tmp_path / "usual", days=1).folder
    with localcontext(Context(prec=9)):
        coarse = write_demo(tmp_path / "coarse", days=1).folder
    assert _contents(coarse) == _contents(usual)


def test_hash_seed_does_not_matter(tmp_path: Path) -> None:
    code = "import sys, pathlib, deskgate.demo as d; d.write_demo(pathlib.Path(sys.argv[1]), days=1)"
    digests = set()
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        subprocess.run([sys.executable, "-c", code, folder], env=os.environ | {"PYTHONHASHSEED": hash_seed}, check=True)
        digests.add(json.loads((folder / "demo.json").read_text())["digest"])
    assert len(digests) == 1
