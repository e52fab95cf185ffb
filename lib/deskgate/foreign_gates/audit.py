"""A desk's passes, each with why it proves nothing, or that it stands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deskgate.foreign_gates.missing import missing_evidence
from deskgate.foreign_gates.passes import Pass, passes
from deskgate.foreign_gates.reason import CONTRADICTED, EMPTY, Reason
from deskgate.foreign_gates.reports import ForeignDesk
from deskgate.foreign_gates.rules import RULES

__all__ = ["JudgedPass", "audit_passes", "count_kinds"]

_OUTCOMES = ("stands", "unseen", "vacuous")


@dataclass(frozen=True)
class JudgedPass:
    """One pass: `rule` and `reason` say why it proves nothing, `also` are the other rules that say so.

    Without a reason it stands only where nothing is `missing` of what it rests on; else nobody can tell here.
    """

    claim: Pass
    rule: str = ""
    reason: Reason | None = None
    also: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """`vacuous`, `stands` or `unseen`."""
        return "vacuous" if self.reason else "unseen" if self.missing else "stands"


Judged = Mapping[tuple[str, str], JudgedPass]
Found = tuple[tuple[str, Reason], ...]


def audit_passes(desk: ForeignDesk) -> list[JudgedPass]:
    """Judge every pass of a desk's reports, in the order of the files; one is no better than what it is made of or rests on."""
    alone = [(claim, _by_itself(claim, desk), missing_evidence(claim, desk)) for claim in passes(desk)]
    judged = [_judged(claim, found, missing) for claim, found, missing in alone]
    # A report may rest on one that rests on another: what they prove only gets worse, so that this ends.
    for _ in alone:
        worst = _worst_by_gate(judged)
        again = [_with_others(claim, found, missing, desk, worst) for claim, found, missing in alone]
        same = [each.outcome for each in again] == [each.outcome for each in judged]
        judged = again
        if same:
            break
    return judged


def count_kinds(judged: Sequence[JudgedPass]) -> dict[str, int]:
    """Return how many vacuous passes there are of each kind, by the first rule that names each."""
    return dict(sorted(Counter(each.reason.kind for each in judged if each.reason).items()))


def _by_itself(claim: Pass, desk: ForeignDesk) -> Found:
    found = [(rule.__name__, reason) for rule in RULES if (reason := rule(claim, desk))]
    return (*found, *(("failed_part", reason) for reason in [_failed_part(claim)] if reason))


def _judged(claim: Pass, found: Found, missing: tuple[str, ...]) -> JudgedPass:
    names, reason = tuple(name for name, _ in found), found[0][1] if found else None
    return JudgedPass(claim, names[0] if names else "", reason, names[1:], missing)


def _worst_by_gate(judged: Sequence[JudgedPass]) -> Judged:
    """Return the worst of the passes of each file and name."""
    ordered = sorted(judged, key=lambda each: _OUTCOMES.index(each.outcome))
    return {(each.claim.report.path, each.claim.gate): each for each in ordered}


def _with_others(claim: Pass, found: Found, missing: tuple[str, ...], desk: ForeignDesk, worst: Judged) -> JudgedPass:
    """Judge a pass with its parts and the reports that it names."""
    parts = [worst[claim.report.path, part] for part in claim.parts]
    named = _named_wholes(claim, desk, worst)
    others = [("hollow", _hollow(claim, parts)), ("rests_on", _rests_on(named))]
    unseen = [
        f"{each.claim.report.path} {each.claim.gate}: its evidence"
        for each in (*parts, *named)
        if each.outcome == "unseen"
    ]
    return _judged(claim, (*found, *((name, reason) for name, reason in others if reason)), (*missing, *unseen))


def _failed_part(claim: Pass) -> Reason | None:
    """Return whether it passes though one of its parts does not."""
    if not claim.failed:
        return None
    says = (
        f"{len(claim.failed)} of its parts did not pass" if len(claim.failed) > 1 else "one of its parts did not pass"
    )
    return Reason(CONTRADICTED, says, f"{claim.report.path}: {claim.place}", ", ".join(claim.failed))


def _hollow(claim: Pass, parts: Sequence[JudgedPass]) -> Reason | None:
    """Return whether a part of it that passes proves nothing."""
    hollow = [(each, each.reason) for each in parts if each.reason]
    if not hollow:
        return None
    first, reason = hollow[0]
    evidence, value = f"{claim.report.path}: {first.claim.place}", first.claim.said
    if len(hollow) < len(parts):
        says = f"{len(hollow)} of its {len(parts)} parts prove nothing, {first.claim.gate} for one: {reason.says}"
        return Reason(reason.kind, says, evidence, value)
    says = f"each of its {len(parts)} parts passes on nothing" if len(parts) > 1 else "its only part passes on nothing"
    return Reason(EMPTY, says, evidence, value)


def _named_wholes(claim: Pass, desk: ForeignDesk, worst: Judged) -> list[JudgedPass]:
    """Return what the reports that it names, as they were when it passed, claim as wholes."""
    named = [found for path in claim.evidence if (found := desk.named(path))]
    then = {each.path: each for each in named if each.at and claim.report.at and each.at <= claim.report.at}
    return [
        each
        for (file, _), each in worst.items()
        if file in then and file != claim.report.path and each.claim.item is then[file].content
    ]


def _rests_on(named: Sequence[JudgedPass]) -> Reason | None:
    """Return whether a report that it names passes on nothing as a whole."""
    for each in named:
        if each.reason:
            says = f"it rests on {each.claim.report.path}, which proves nothing: {each.reason.says}"
            return Reason(each.reason.kind, says, each.reason.evidence, each.reason.value)
    return None
