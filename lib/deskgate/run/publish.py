"""A day made public: its decision with the evidence, and its pages."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.config.desk import Desk
from deskgate.gates.decision import bundle, digest_files
from deskgate.gates.evaluation import verdicts_frame

if TYPE_CHECKING:
    from deskgate.reports.execution.runner import Executed

__all__ = ["decide_day", "fail_day", "previous_decision", "render_day"]


def decide_day(
    desk: Desk,
    artifacts: DayArtifacts,
    runs: "list[Executed]",
    failures: list[dict[str, str]],
    *,
    previous: str | None,
    provisional: bool,
) -> dict[str, Any]:
    """Decide from the verdicts and the run's failures, and write decision.json beside the evidence it digests."""
    inputs, staging = artifacts.inputs, artifacts.folder
    notebooks = [run.output for run in runs if run.output.is_file()]
    decision = bundle(
        artifacts.verdicts(),
        desk=desk.name,
        bots=_modes(desk),
        day=inputs.date,
        as_of=inputs.as_of,
        inputs=inputs.model_dump(mode="json"),
        evidence=digest_files(staging, [staging / MANIFEST, *artifacts.files, *notebooks]),
        failures=failures,
        previous=previous,
        provisional=provisional,
    )
    _write(decision, staging)
    return decision


def fail_day(
    desk: Desk, day: date, as_of: datetime, staging: Path, failure: Mapping[str, str], *, previous: str | None
) -> None:
    """Write a decision that is HOLD and names the step that failed, with what evidence there is by then."""
    from deskgate.reports.pages.day_page import write_day_page

    decision = bundle(
        [],
        desk=desk.name,
        bots=_modes(desk),
        day=day,
        as_of=as_of,
        inputs={},
        evidence=digest_files(staging, [file for file in staging.rglob("*") if file.is_file()]),
        failures=[failure],
        previous=previous,
        provisional=False,
    )
    _write(decision, staging)
    write_day_page(staging, decision, verdicts_frame([]), [])


def previous_decision(published: Path) -> str | None:
    """Return the id of the decision that this one replaces; an unreadable one has none."""
    with suppress(OSError, ValueError):
        content = json.loads((published / "decision.json").read_text(encoding="utf-8"))
        if isinstance(content, dict) and isinstance(content.get("bundle_id"), str):
            return str(content["bundle_id"])
    return None


def render_day(artifacts: DayArtifacts, decision: Mapping[str, Any], runs: "list[Executed]") -> None:
    """Write a page for every notebook that left a file, and the page of the day."""
    from deskgate.reports.pages.day_page import write_day_page
    from deskgate.reports.pages.link import day_links
    from deskgate.reports.pages.notebook_page import to_html

    nav = day_links(run.output.stem for run in runs)
    for run in runs:
        if run.output.is_file():
            to_html(run.output, run.output.with_suffix(".html"), decision, nav=nav)
    write_day_page(artifacts.folder, decision, verdicts_frame(artifacts.verdicts()), runs)


def _modes(desk: Desk) -> dict[str, str]:
    return {name: bot.mode.value for name, bot in desk.bots.items()}


def _write(decision: Mapping[str, Any], folder: Path) -> None:
    (folder / "decision.json").write_text(json.dumps(decision, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
