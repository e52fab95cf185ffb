"""Runs of the one-day desk in this process, and what they leave of its day."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from deskgate.cli.app import app

DAY = date(2026, 3, 2)


def run(desk: Path, out: Path, *options: str) -> int:
    at = ["--desk", str(desk), "--date", str(DAY), "--out", str(out)]
    return CliRunner().invoke(app, ["daily", *at, *options]).exit_code


def decision(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / str(DAY) / "decision.json").read_text())
    return content


def subjects(out: Path) -> set[str]:
    return {item["subject"] for item in json.loads((out / str(DAY) / "verdicts.json").read_text())}
