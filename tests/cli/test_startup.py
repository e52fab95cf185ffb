"""What the program imports when it starts, and who in it reads the clock."""

import re
import subprocess
import sys
from pathlib import Path

import deskgate


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, deskgate.cli.app; print([m for m in ('polars', 'altair', 'papermill', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_only_entry_points_read_the_clock() -> None:
    package = Path(deskgate.__file__).parent
    texts = {file.relative_to(package).as_posix(): file.read_text() for file in package.rglob("*.py")}
    reads = {name for name, text in texts.items() if "datetime.now(" in text or "time.time(" in text}
    asks = {name for name, text in texts.items() if re.search(r"from deskgate.config.instants import .*\bnow\b", text)}
    named = (
        "act",
        "audit",
        "backtest",
        "baseline",
        "breaks",
        "calibrate",
        "checklist",
        "daily",
        "doctor",
        "drill",
        "gates",
        "incident",
        "ladder",
        "report",
        "schedule",
        "sign",
        "snapshot",
        "status",
        "store",
        "waive",
        "watch",
    )
    commands = {f"cli/{name}.py" for name in named}
    assert (reads, asks) == ({"config/instants.py"}, {*commands, "reports/opening.py"})
