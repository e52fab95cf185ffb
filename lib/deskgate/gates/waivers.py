"""Waivers: one gate or entry, of one subject, that does not block until an instant, because two people said so and why.

A waiver changes no number. A critical verdict that it covers and that does not pass becomes WAIVED, and keeps what it would have
been. What may be waived is decided here, by `gates.never_waived` and by the entry's own flags.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from deskgate.case.metric_spec import PORTFOLIO
from deskgate.checks.registry import SPECS, Specs
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.instants import stamp
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.never_waived import NEVER_WAIVED, NEVER_WAIVED_METRICS
from deskgate.gates.promotion import PROMOTION, gates_of_entries
from deskgate.gates.suites import Entry, Suite
from deskgate.gates.waiver_records import LEGS, Waiver

__all__ = ["LONGEST", "apply_waivers", "coverage", "waived_legs"]

# A waiver bridges the time until something is mended. What is needed for longer is another bound, which a baseline freezes.
LONGEST = timedelta(days=14)


def coverage(
    gate: str, subject: str, suites: Mapping[str, Suite], desk: Desk, *, specs: Specs = SPECS
) -> dict[str, str | None]:
    """Return the critical entries of a gate (or the one entry) that judge a subject, as `suite#entry`, each with why it stays out.

    That is None of those that a waiver covers, of which there is one at least.

    Raises
    ------
    InputError
        There is no such gate, entry or subject, the subject is not judged by it, or none of it may be waived; the sentence says why.
    """
    gate_of = gates_of_entries(suites)
    entries = {
        f"{suite}#{entry.meta.entry}": (suite, entry)
        for suite in suites
        for entry in suites[suite].expectations
        if gate in (f"{suite}#{entry.meta.entry}", gate_of[suite, entry.meta.entry])
    }
    known = dict.fromkeys([*(each.name for each in PROMOTION), *gate_of.values()])
    if not entries and gate not in known:
        names = [*known, *(f"{suite}#{entry}" for suite, entry in gate_of)]
        raise InputError(
            f"'{gate}' is unknown, expected a promotion gate ({', '.join(known)}) or an entry as suite#entry"
            f"{did_you_mean(gate, names)}; `deskgate gates` lists the gates"
        )
    if gate in NEVER_WAIVED:
        raise InputError(f"the gate {gate} cannot be waived: {NEVER_WAIVED[gate]}; mend what blocks it")
    _require_judged(subject, desk)
    mine = {
        name: (suite, entry)
        for name, (suite, entry) in entries.items()
        if subject in _judged(suite, entry, desk, specs)
    }
    if not mine:
        who = sorted({who for suite, entry in entries.values() for who in _judged(suite, entry, desk, specs)})
        raise InputError(
            f"{gate} does not judge {subject}, expected one of {', '.join(who) or 'nobody on this desk'}; give that --subject"
        )
    why_not = {name: _never(gate_of[suite, entry.meta.entry], entry) for name, (suite, entry) in mine.items()}
    if None not in why_not.values():
        first, why = next(iter(why_not.items()))
        whose = f"{gate} cannot be waived" if gate == first else f"no entry of {gate} can be waived, {first} for one"
        raise InputError(f"{whose}: {why}; mend what blocks it")
    return {name: why for name, why in why_not.items() if mine[name][1].severity == "critical"}


def _require_judged(subject: str, desk: Desk) -> None:
    judged = [*(bot.name for bot in desk.judged), PORTFOLIO]
    if subject not in judged:
        what = "is disabled, so that nothing of it is judged" if subject in desk.bots else "is no bot of desk.toml"
        raise InputError(
            f"--subject '{subject}' {what}, expected one of {', '.join(judged)}{did_you_mean(subject, judged)}; give one of them"
        )


def _judged(suite: str, entry: Entry, desk: Desk, specs: Specs) -> list[str]:
    return specs[suite][entry.kwargs.metric].scope.subjects(desk)


def _never(gate: str, entry: Entry) -> str | None:
    """Return why an entry of a gate may not be waived; None where it may."""
    if gate in NEVER_WAIVED:
        return NEVER_WAIVED[gate]
    if entry.kwargs.metric in NEVER_WAIVED_METRICS:
        return NEVER_WAIVED_METRICS[entry.kwargs.metric]
    if entry.meta.stop:
        return "it is a stop condition: where it holds the desk stands down"
    if entry.meta.action:
        return f"it calls for an action on bots ({entry.meta.action})"
    if entry.severity != "critical":
        return f"its severity is {entry.severity}, so that it does not block"
    return None


def waived_legs(desk: Desk) -> tuple[Waiver, ...]:
    """Return a waiver for each judged bot that desk.toml takes the event stream from, by `legs_waiver`."""
    return tuple(
        Waiver(
            id=f"{LEGS}, {bot.name}",
            gate=LEGS,
            subject=bot.name,
            since=bot.legs_waiver.since,
            until=bot.legs_waiver.until,
            author=bot.legs_waiver.by,
            approver=bot.legs_waiver.approver,
            reason=bot.legs_waiver.why,
        )
        for bot in desk.judged
        if bot.legs_waiver
    )


def apply_waivers(
    verdicts: Iterable[Verdict],
    suites: Mapping[str, Suite],
    waivers: Sequence[Waiver],
    as_of: datetime,
    *,
    specs: Specs = SPECS,
) -> list[Verdict]:
    """Return the verdicts as they are with the waivers of a day.

    Parameters
    ----------
    verdicts
        As they were evaluated.
    suites
        By name, those that judged.
    waivers
        Those of `unrevoked_waivers` and of `waived_legs`, in force or ended.
    as_of
        The instant that the day speaks for.

    Returns
    -------
    list of Verdict
        In their order. A critical one that does not pass, that may be waived and that a waiver in force covers is WAIVED, names the
        waiver and says in its reason what it would be; where the waiver has ended, it is what it is and its reason says so. A waiver
        of legs covers what has no value for want of the event stream, a stop condition too, and nothing of a bot that has a stream.
    """
    verdicts = list(verdicts)
    if not waivers:
        return verdicts
    of_stream = {
        (name, entry.meta.entry)
        for name, suite in suites.items()
        for entry in suite.expectations
        if specs[name][entry.kwargs.metric].leg == "events"
    }
    streamed = {
        verdict.subject
        for verdict in verdicts
        if (verdict.gate, verdict.check) in of_stream and verdict.observed is not None
    }
    legs = [each for each in waivers if each.gate == LEGS and each.subject not in streamed]
    gate_of = gates_of_entries(suites)
    open_to = {
        (name, entry.meta.entry)
        for name, suite in suites.items()
        for entry in suite.expectations
        if _never(gate_of[name, entry.meta.entry], entry) is None
    }
    turned = []
    for verdict in verdicts:
        key = verdict.gate, verdict.check
        names = {gate_of[key], "#".join(key)} if key in open_to and not verdict.stop else set()
        mine = [each for each in waivers if each.gate in names and each.subject == verdict.subject]
        if key in of_stream and verdict.observed is None:
            mine += [each for each in legs if each.subject == verdict.subject]
        turned.append(_applied(verdict, mine, as_of) if verdict.blocks and mine else verdict)
    return turned


def _applied(verdict: Verdict, mine: Sequence[Waiver], as_of: datetime) -> Verdict:
    entry = f"{verdict.gate}#{verdict.check}"
    # Of two that cover a verdict its own entry's says more than its gate's.
    begun = sorted((each for each in mine if each.since <= as_of), key=lambda each: (each.gate == entry, each.until))
    if holding := [each for each in begun if each.holds(as_of)]:
        waiver = holding[-1]
        says = f"{waiver.author} waived it until {stamp(waiver.until)}, approved by {waiver.approver}: {waiver.reason}"
        reason = f"{says}; without the waiver {verdict.status}: {verdict.reason}"
        return replace(verdict, status=Status.WAIVED, reason=reason, waiver=waiver.id)
    if begun:
        reason = f"EXPIRED: {begun[-1]} ended at {stamp(begun[-1].until)}; {verdict.reason}"
        return replace(verdict, reason=reason)
    return verdict
