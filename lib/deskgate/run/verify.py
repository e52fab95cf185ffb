"""A published day computed again, views included."""

from pathlib import Path

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.assessment.replay import replay_day
from deskgate.audit.decision_file import DECISION
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.gates.decision import decide
from deskgate.reports.pages.banner import read_decision
from deskgate.reports.views.registry import compute_views
from deskgate.store.desk_store import open_to_read

__all__ = ["replay_published"]


def replay_published(desk: Desk, folder: Path) -> list[str]:
    """Return what of a verified day another run of its inputs gives otherwise: files by name, and the decision itself.

    The store is the desk's, as its folder's parent has it.

    Raises
    ------
    InputError
        It cannot be replayed here: other code or another configuration, an earlier version, a day without numbers.
    """
    artifacts = DayArtifacts.open(folder)
    if artifacts.inputs.desk != desk.name:
        raise InputError(f"{folder}: of the desk '{artifacts.inputs.desk}', expected '{desk.name}'; give that --desk")
    differing = replay_day(artifacts, desk, open_to_read(desk, folder.parent), compute_views)
    published = read_decision(folder / DECISION)
    failures = published.get("failures")
    names = [str(item["notebook"]) for item in failures] if isinstance(failures, list) else []
    says = decide(
        artifacts.verdicts(),
        failures=names,
        provisional=published.get("provisional") is True,
        awaits=bool(published.get("awaits")),
    )
    return differing + ([DECISION] if published.get("decision") != str(says) else [])
