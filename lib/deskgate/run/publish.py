"""A day made public: its decision with the evidence, its record in the audit trail, and its pages."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.checkpoint import Checkpoint, find_checkpoints
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.decision_ids import identity, with_pages
from deskgate.audit.marks import as_published
from deskgate.audit.sign_offs import SignOff
from deskgate.audit.trail import Trail
from deskgate.checks.incidents import Incident
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.gates.decision import bundle, digest_files, stopped_bots
from deskgate.gates.evaluation import Status, Verdict, verdicts_frame
from deskgate.gates.rests_on import waivers_of
from deskgate.reports.blocking_cause import order_of, parse_causes
from deskgate.run.daily_report import incidents_as_json

if TYPE_CHECKING:
    from deskgate.reports.execution.runner import Executed
    from deskgate.reports.pages.banner import Banner
    from deskgate.reports.pages.notebook_content import Content
    from deskgate.run.gates import Gated

__all__ = [
    "decide_day",
    "fail_day",
    "previous_decision",
    "published_checkpoint",
    "record_decision",
    "record_waivers",
    "render_day",
    "render_notebooks",
    "write_decision",
]

# What the audit trail says of a decision, beside the sign-offs that it awaits.
_RECORDED = ("date", "decision", "bundle_id", "run_id", "as_of", "provisional", "previous")


def decide_day(
    desk: Desk,
    artifacts: DayArtifacts,
    failures: list[dict[str, str]],
    *,
    previous: str | None,
    provisional: bool,
    checkpoint: Mapping[str, Any],
    incidents: Sequence[Incident] = (),
    accepted: Sequence[Mapping[str, str | None]] = (),
) -> dict[str, Any]:
    """Decide from the verdicts and the run's failures; the decision is written with its pages, see `render_day`."""
    inputs, staging, verdicts = artifacts.inputs, artifacts.folder, artifacts.verdicts()
    return bundle(
        verdicts,
        desk=desk.name,
        bots=desk.modes,
        day=inputs.date,
        as_of=inputs.as_of,
        inputs=inputs.canonical(),
        store={"versions": inputs.store.versions},
        evidence=digest_files(staging, artifacts.files),
        failures=failures,
        previous=previous,
        provisional=provisional,
        checkpoint=checkpoint,
        incidents=incidents_as_json(incidents),
        waivers=waivers_of(verdicts, inputs.waivers),
        accepted=accepted,
        awaits=desk.audit.awaits,
        order=order_of(parse_causes(artifacts.view("blocking_causes")))
        if "blocking_causes" in artifacts.view_files
        else (),
    )


def fail_day(
    desk: Desk,
    day: date,
    as_of: datetime,
    out: Path,
    staging: Path,
    failure: Mapping[str, str],
    gated: "Gated | None",
    *,
    previous: str | None,
    checkpoint: Mapping[str, Any],
    incidents: Sequence[Incident] = (),
) -> dict[str, Any]:
    """Write a decision that names the step that failed, with what was judged by then: never GO, and STOP where that says so.

    `gated` is None where the step that failed was that of the gates; `out` is where the other days lie.
    """
    from deskgate.reports.pages.day_page import write_day_page

    verdicts = gated.assessment.verdicts if gated else []
    decision = bundle(
        verdicts,
        desk=desk.name,
        bots=desk.modes,
        day=day,
        as_of=gated.assessment.case.as_of if gated else as_of,
        inputs={},
        evidence=[],
        failures=[*gated.failures, failure] if gated else [failure],
        previous=previous,
        provisional=gated is not None and gated.provisional,
        checkpoint=checkpoint,
        incidents=incidents_as_json(incidents),
        waivers=gated.waivers if gated else (),
        accepted=gated.accepted if gated else (),
    )
    (staging / DECISION).unlink(missing_ok=True)
    write_day_page(staging, decision, verdicts_frame(verdicts), [], out=out)
    return write_decision(decision, staging)


def record_waivers(trail: Trail, day: date, verdicts: Sequence[Verdict], at: datetime) -> None:
    """Record the waived verdicts that a decision is about to rest on, if there are any."""
    waived = [
        {name: getattr(each, name) for name in ("gate", "check", "subject", "reason", "waiver")}
        for each in verdicts
        if each.status is Status.WAIVED
    ]
    if waived:
        trail.chain.append("waiver", {"date": day.isoformat(), "verdicts": waived}, at)


def record_decision(trail: Trail, decision: Mapping[str, Any], at: datetime) -> None:
    """Record a decision, before it is published: a published one without a record was not made by a run.

    `stopped` are the bots with a stop condition of their own: they stay on record where the day's files do not.
    """
    body = {name: decision[name] for name in _RECORDED}
    body |= {"stopped": stopped_bots(decision["blockers"], decision["bots"])}
    trail.chain.append("decision", body | {"awaits": decision["awaits"]} if "awaits" in decision else body, at)


def previous_decision(published: Path) -> str | None:
    """Return the id of the decision that this one replaces; an unreadable one has none."""
    with suppress(InputError):
        known = identity(load_decision(published / DECISION))
        return known if isinstance(known, str) else None
    return None


def published_checkpoint(published: Path) -> Checkpoint | None:
    """Return the checkpoint that a published decision holds; None where there is none to be read."""
    with suppress(OSError, ValueError):
        return next(iter(find_checkpoints((published / DECISION).read_text(encoding="utf-8"))), None)
    return None


def render_notebooks(decision: Mapping[str, Any], contents: "Mapping[Path, Content]", view: "Banner") -> None:
    """Write the page of every notebook beside it; `view` is their banner, `contents` in the order that the pages are linked in."""
    from deskgate.reports.pages.link import day_links
    from deskgate.reports.pages.notebook_page import to_html

    nav = day_links(notebook.stem for notebook in contents)
    for notebook, content in contents.items():
        to_html(content, notebook.with_suffix(".html"), decision, nav=nav, view=view)


def render_day(
    artifacts: DayArtifacts,
    decision: Mapping[str, Any],
    runs: "list[Executed]",
    signed: Sequence[SignOff],
    out: Path,
) -> dict[str, Any]:
    """Write the page of the day, and decision.json with the digests of all its files; all other pages are there already.

    `signed` are the sign-offs that the decision has already: one of the same inputs was signed before. `out` is where the other days
    lie, which the day's page looks back on.
    """
    from deskgate.reports.pages.day_page import write_day_page

    verdicts = verdicts_frame(artifacts.verdicts())
    write_day_page(artifacts.folder, decision, verdicts, runs, sign_offs=signed, out=out)
    return write_decision(decision, artifacts.folder)


def write_decision(decision: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Write decision.json, with the digest of every file of the folder that is not evidence, and return its content."""
    evidence = {folder / item["path"] for item in decision["evidence"]}
    pages = [file for file in folder.rglob("*") if file.is_file() and file not in evidence]
    digests = [
        {"path": page.relative_to(folder).as_posix(), "sha256": sha256(as_published(page)).hexdigest()}
        for page in sorted(pages)
    ]
    content = with_pages(decision, digests)
    (folder / DECISION).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return content
