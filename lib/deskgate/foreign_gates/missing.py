"""What a pass rests on and is not in the desk's folder as it was then: without it nobody can tell whether it stands."""

from deskgate.config.instants import stamp
from deskgate.foreign_gates.passes import Pass
from deskgate.foreign_gates.reports import ForeignDesk
from deskgate.foreign_gates.rules_of_age import bots_of

__all__ = ["missing_evidence"]


def missing_evidence(claim: Pass, desk: ForeignDesk) -> tuple[str, ...]:
    """Return what a pass rests on and cannot be looked at, each with why.

    That is a file that is not here, cannot be read or was written after it, a bot without minutes up to it, and a part that does not
    say whether it passed.
    """
    named = dict.fromkeys((*claim.evidence, *claim.computed_from))
    unclear = (f"{name}: neither passed nor failed" for name in claim.unclear)
    until = claim.report.at
    bots = [bot for bot in bots_of(claim, desk) if until and desk.last_minute(bot, until) is None]
    minutes = (f"the minutes of {bot}: not here" for bot in dict.fromkeys(bots))
    return (*(says for path in named if (says := _missing(path, claim, desk))), *minutes, *unclear)


def _missing(path: str, claim: Pass, desk: ForeignDesk) -> str:
    found = desk.find(path)
    if found is None:
        return f"{'/'.join(path.replace(chr(92), '/').split('/')[-3:])}: not here"
    if found in desk.unreadable:
        return f"{found}: cannot be read"
    at = desk.written.get(found)
    return f"{found}: written again {stamp(at)}" if at and claim.report.at and at > claim.report.at else ""
