"""A published day computed again, views included."""

from pathlib import Path

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.assessment.evidence import refuse_other_desk
from deskgate.assessment.replay import replay_day
from deskgate.audit.decision_file import DECISION
from deskgate.config.desk import Desk
from deskgate.gates.decision import decide
from deskgate.gates.rests_on import accepted_breaks_of, waivers_of
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
    refuse_other_desk(artifacts, desk)
    store = open_to_read(desk, folder.parent)
    differing = replay_day(artifacts, desk, store, compute_views)
    published = read_decision(folder / DECISION)
    failures = published.get("failures")
    names = [str(item["notebook"]) for item in failures] if isinstance(failures, list) else []
    verdicts, inputs = artifacts.verdicts(), artifacts.inputs
    kept = store.read(inputs.store.versions, inputs.as_of, ("break_sightings", "break_actions"))
    says = decide(
        verdicts,
        failures=names,
        provisional=published.get("provisional") is True,
        awaits=bool(published.get("awaits")),
    )
    again = {
        "decision": str(says),
        "waivers": waivers_of(verdicts, inputs.waivers),
        "accepted": accepted_breaks_of(artifacts.breaks(), kept["break_sightings"], kept["break_actions"]),
    }
    return differing + ([DECISION] if any(published.get(name) != each for name, each in again.items()) else [])
