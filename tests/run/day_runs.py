"""Runs of the one-day desk in this process, and what they leave of its day."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from deskgate.audit.decision_ids import identified
from deskgate.audit.trail import Trail
from deskgate.cli.app import app
from deskgate.config.desk import Desk
from deskgate.run.publish import record_decision

DAY = date(2026, 3, 2)


def run(desk: Path, out: Path, *options: str) -> int:
    return invoke(desk, out, *options).exit_code


def invoke(desk: Path, out: Path, *options: str) -> Result:
    at = ["--desk", str(desk), "--date", str(DAY), "--out", str(out)]
    return CliRunner().invoke(app, ["daily", *at, *options])


def decision(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / str(DAY) / "decision.json").read_text())
    return content


def decide_anew(desk: Desk, out: Path, at: datetime, *, of: date = DAY, **changes: Any) -> dict[str, Any]:
    """Publish the day's decision once more, as that `of` a day, some of it changed, with its record; return it."""
    trail = Trail.open(desk, out)
    made = identified(decision(out) | {"date": str(of)} | changes | {"checkpoint": trail.checkpoint().as_json()})
    record_decision(trail, made, at)
    folder = out / str(of)
    folder.mkdir(exist_ok=True)
    (folder / "decision.json").write_text(json.dumps(made))
    return made


def subjects(out: Path) -> set[str]:
    return {item["subject"] for item in json.loads((out / str(DAY) / "verdicts.json").read_text())}
