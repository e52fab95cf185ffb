"""A day's folder held to its decision, and the decision to the audit trail: whoever shows or uses a day asks here first.

The decision names the digest of each file, its ids are digests of itself, and the trail has its record. A day of before there
was a trail is held to what its decision names.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.faults import Finding
from deskgate.audit.marks import as_published
from deskgate.audit.recorded import Recorded
from deskgate.audit.witnesses import judge_decision
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError

__all__ = ["DECISION", "Recorded", "open_verified", "refuse_other_desk", "verify_day", "verify_decision"]


def open_verified(folder: Path) -> DayArtifacts:
    """Return the artifacts of a published day that is as its run left it.

    Raises
    ------
    InputError
        There is no such day, or something of it was changed since.
    """
    artifacts = DayArtifacts.open(folder)
    if findings := verify_day(folder, Recorded.read(folder.parent)):
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise InputError(
            f"{folder}: {findings[0].says}{more}, expected the day as its run left it; `deskgate verify {folder}` lists what was"
            " changed, then run `deskgate daily` for that day again"
        )
    return artifacts


def refuse_other_desk(artifacts: DayArtifacts, desk: Desk) -> None:
    """Refuse a published day of another desk.

    Raises
    ------
    InputError
        It is another desk's.
    """
    if artifacts.inputs.desk != desk.name:
        raise InputError(
            f"{artifacts.folder}: of the desk '{artifacts.inputs.desk}', expected '{desk.name}'; name that desk, or another out"
        )


def verify_day(folder: Path, recorded: Recorded) -> list[Finding]:
    """Return what of a published day is not as its run left it: its decision, its record, or a file that the decision names."""
    source = f"{folder.name}/{DECISION}"
    try:
        decision = load_decision(folder / DECISION)
    except InputError:
        return [Finding("changed", None, f"{source} cannot be read as the decision that a run wrote")]
    return verify_decision(folder, decision, recorded)


def verify_decision(
    folder: Path, decision: dict[str, Any], recorded: Recorded, *, contents: Mapping[str, bytes] = MappingProxyType({})
) -> list[Finding]:
    """Return what of a published day is not as its run left it, by a decision that was read from its folder.

    `contents` are those of files that were read already, by their path in the folder.
    """
    source = f"{folder.name}/{DECISION}"
    if decision.get("date") != folder.name:
        return [Finding("changed", None, f"{source} is of {decision.get('date')}, expected {folder.name}")]
    return [*judge_decision(source, decision, recorded), *_files(folder, decision, contents)]


def _files(folder: Path, decision: Mapping[str, Any], contents: Mapping[str, bytes]) -> Iterator[Finding]:
    for item in [*_listed(decision, "evidence"), *_listed(decision, "pages")]:
        name = f"{folder.name}/{item['path']}"
        try:
            content = contents[item["path"]] if item["path"] in contents else as_published(folder / item["path"])
        except OSError:
            yield Finding("removed", None, f"{name} is not there, which the decision names")
            continue
        if sha256(content).hexdigest() != item["sha256"]:
            yield Finding("changed", None, f"{name} was changed since the run wrote it")


def _listed(decision: Mapping[str, Any], kind: str) -> list[dict[str, str]]:
    listed = decision.get(kind)
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
