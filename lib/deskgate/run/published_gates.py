"""The promotion gates of a published day, from what its folder holds."""

from collections.abc import Mapping
from typing import Any

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.assessment.replay import suites_of
from deskgate.audit.decision_file import DECISION
from deskgate.gates.evaluation import Status
from deskgate.gates.promotion import PREFLIGHT, REPLAY, GateResult, Step, promotion_gates

__all__ = ["published_gates"]


def published_gates(artifacts: DayArtifacts, decision: Mapping[str, Any]) -> list[GateResult]:
    """Return how each gate of a published day stands, by its own verdicts and the suites that judged it.

    Raises
    ------
    InputError
        Its files cannot be read.
    """
    place = (f"{artifacts.folder.name}/{DECISION}",)
    failed = {str(each["notebook"]): str(each["error"]) for each in decision["failures"]}
    steps = {
        PREFLIGHT: Step(Status.PASS, "the day was judged", evidence=place),
        REPLAY: Step(Status.FAIL, failed[REPLAY], evidence=place)
        if REPLAY in failed
        else Step(Status.PASS, "the day was assessed twice, the same bytes both times", evidence=place),
    }
    return promotion_gates(suites_of(artifacts), artifacts.verdicts(), steps)
