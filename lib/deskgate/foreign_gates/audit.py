"""A desk's passes, each with why it proves nothing, or that it stands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deskgate.foreign_gates.passes import Pass, passes
from deskgate.foreign_gates.reason import EMPTY, Reason
from deskgate.foreign_gates.reports import ForeignDesk
from deskgate.foreign_gates.rules import RULES

__all__ = ["JudgedPass", "audit_passes", "count_kinds"]


@dataclass(frozen=True)
class JudgedPass:
    """One pass: `rule` and `reason` say why it proves nothing, `also` are the other rules that say so.

    Without a reason `seen` says whether anything that it rests on lies in the desk's folder: it stands, or nobody can tell here.
    """

    claim: Pass
    rule: str = ""
    reason: Reason | None = None
    also: tuple[str, ...] = ()
    seen: bool = True

    @property
    def outcome(self) -> str:
        """`vacuous`, `stands` or `unseen`."""
        return "vacuous" if self.reason else "stands" if self.seen else "unseen"


def audit_passes(desk: ForeignDesk) -> list[JudgedPass]:
    """Judge every pass of a desk's reports, in the order of the files."""
    result: list[JudgedPass] = []
    judged: dict[tuple[str, str], JudgedPass] = {}
    for claim in passes(desk):
        found = [(rule.__name__, reason) for rule in RULES if (reason := rule(claim, desk))]
        found += [("hollow", reason) for reason in [_hollow(claim, judged)] if reason]
        found += [("rests_on", reason) for reason in [_rests_on(claim, desk, judged)] if reason]
        names, reason = tuple(name for name, _ in found), found[0][1] if found else None
        result.append(JudgedPass(claim, names[0] if names else "", reason, names[1:], seen=_is_seen(claim, desk)))
        key = claim.report.path, claim.gate
        # Of several with one name the one that stands counts for what is made of them.
        judged[key] = result[-1] if key not in judged or judged[key].reason else judged[key]
    return result


def count_kinds(judged: Sequence[JudgedPass]) -> dict[str, int]:
    """Return how many vacuous passes there are of each kind, by the first rule that names each."""
    return dict(sorted(Counter(each.reason.kind for each in judged if each.reason).items()))


def _hollow(claim: Pass, judged: Mapping[tuple[str, str], JudgedPass]) -> Reason | None:
    """Return whether each part of it that passes proves nothing."""
    parts = [judged[claim.report.path, part] for part in claim.parts]
    if not parts or any(each.reason is None for each in parts):
        return None
    says = f"each of its {len(parts)} parts passes on nothing" if len(parts) > 1 else "its only part passes on nothing"
    return Reason(EMPTY, says, f"{claim.report.path}: {parts[0].claim.place}", parts[0].claim.said)


def _rests_on(claim: Pass, desk: ForeignDesk, judged: Mapping[tuple[str, str], JudgedPass]) -> Reason | None:
    """Return whether a report that it names, as it was when it passed, passes on nothing as a whole."""
    for path in claim.evidence:
        found = desk.named(path)
        if found is None or not found.at or not claim.report.at or found.at > claim.report.at:
            continue
        for (file, _), each in judged.items():
            if file == found.path and each.reason and each.claim.item is found.content:
                says = f"it rests on {file}, which proves nothing: {each.reason.says}"
                return Reason(each.reason.kind, says, each.reason.evidence, each.reason.value)
    return None


def _is_seen(claim: Pass, desk: ForeignDesk) -> bool:
    """Return whether the numbers are in the report itself, or a file that it names is here as it was then."""
    if not claim.evidence:
        return True
    for path in claim.evidence:
        found, report = desk.find(path), desk.named(path)
        if found and not (report and report.at and claim.report.at and report.at > claim.report.at):
            return True
    return False
