"""The checklist of a published day: the items of the list, judged by the day's own verdicts, decision and trail."""

from datetime import datetime
from pathlib import Path

from deskgate.assessment.evidence import open_verified
from deskgate.assessment.replay import suites_of
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.verify import verify_trail
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.gates.checklist import ItemResult, judge_items, load_items
from deskgate.gates.evaluation import Status
from deskgate.gates.promotion import PREFLIGHT, PROMOTION, REPLAY, Step, promotion_gates
from deskgate.store.desk_store import open_to_read

__all__ = ["checklist_of"]


def checklist_of(desk: Desk, out: Path, folder: Path, file: Path, now: datetime | None) -> list[ItemResult]:
    """Judge the checklist of a published day.

    Parameters
    ----------
    file
        The list, in TOML.
    now
        When it is read; None: at the instant that the day's decision speaks for.

    Raises
    ------
    InputError
        The day is not as its run left it, is another desk's, or the list is wrong.
    """
    artifacts = open_verified(folder)
    if artifacts.inputs.desk != desk.name:
        raise InputError(f"{folder}: of the desk '{artifacts.inputs.desk}', expected '{desk.name}'; give that --desk")
    suites, decision = suites_of(artifacts), load_decision(folder / DECISION)
    items = load_items(file, suites, [gate.name for gate in PROMOTION])
    verdicts = artifacts.verdicts()
    place = (f"{folder.name}/{DECISION}",)
    failed = {str(each["notebook"]): str(each["error"]) for each in decision["failures"]}
    published = {
        PREFLIGHT: Step(Status.PASS, "the day was judged", evidence=place),
        REPLAY: Step(Status.FAIL, failed[REPLAY], evidence=place)
        if REPLAY in failed
        else Step(Status.PASS, "the day was assessed twice, the same bytes both times", evidence=place),
    }
    at = artifacts.inputs.as_of
    return judge_items(
        items,
        verdicts,
        promotion_gates(suites, verdicts, published),
        {
            "audit": _trail(desk, out),
            "decision": Step(Status.PASS, f"{decision['decision']} is on record", evidence=place),
            "go": _go(decision["decision"] == "GO" and not decision["provisional"], str(decision["decision"]), place),
        },
        applies=lambda what: _applies(desk, what),
        closed_at=at,
        now=now or at,
    )


def _go(is_go: bool, word: str, place: tuple[str, ...]) -> Step:
    return Step(Status.PASS if is_go else Status.FAIL, f"the decision is {word}", evidence=place)


def _trail(desk: Desk, out: Path) -> Step:
    found = verify_trail(desk, out, open_to_read(desk, out))
    if found.intact:
        return Step(Status.PASS, f"the trail is intact, {found.size} records", evidence=("audit/chain.jsonl",))
    return Step(Status.FAIL, found.findings[0].says, evidence=("audit/chain.jsonl",))


def _applies(desk: Desk, what: str) -> bool:
    match what:
        case "live":
            return any(bot.mode is Mode.LIVE for bot in desk.judged)
        case "alerts":
            return bool(desk.alerts.urls or desk.alerts.urls_env)
        case "monitoring":
            return desk.monitoring is not None
        case _:
            return any(bot.funded is not None for bot in desk.judged)
