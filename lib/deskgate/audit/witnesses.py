"""What lies outside of the chain and tells of it: checkpoints in decisions, pages and alerts, and the decisions themselves."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskgate.audit.checkpoint import Checkpoint, find_checkpoints, is_unrecorded
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.decision_ids import identity, ids_fit
from deskgate.audit.faults import Finding, Link
from deskgate.audit.keys import key_id
from deskgate.audit.record import FIRST, Record
from deskgate.audit.recorded import Recorded
from deskgate.config.desk import Audit
from deskgate.config.errors import InputError

__all__ = [
    "Witness",
    "decided_days",
    "given_witnesses",
    "judge_decision",
    "judge_witnesses",
    "key_witnesses",
    "unreadable_days",
    "witnesses_in",
    "witnesses_of",
]


@dataclass(frozen=True)
class Witness:
    """A checkpoint and where it was found."""

    source: str
    checkpoint: Checkpoint


def given_witnesses(file: Path, name: str) -> list[Witness]:
    """Return the checkpoints in a file: a decision.json, a checkpoint, a page or an alert's text.

    Raises
    ------
    InputError
        The file cannot be read, holds no checkpoint, or one of another desk.
    """
    try:
        found = find_checkpoints(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file}: not readable, expected a decision.json or a text with a checkpoint; {error}"
        ) from error
    if not found:
        raise InputError(f"{file}: holds no checkpoint, expected a decision.json, a page or the text of an alert")
    for each in found:
        if each.name != name:
            raise InputError(
                f"{file}: holds a checkpoint of desk '{each.name}', expected one of '{name}'; give that desk"
            )
    return [Witness(str(file), each) for each in found]


def decided_days(out: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the decisions of the days in `out` that can be read, by their file's name within it.

    A day that a killed run has set aside, under a hidden name, is not a published one.
    """
    for source, content in _days(out):
        if content is not None:
            yield source, content


def unreadable_days(out: Path) -> Iterator[Finding]:
    """Return each decision in `out` that is none: no run leaves one like that."""
    for source, content in _days(out):
        if content is None:
            yield Finding(
                "changed", None, f"{source} cannot be read as the decision that a run wrote; run the day again"
            )


def _days(out: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
    for file in sorted(out.glob(f"[!.]*/{DECISION}")):
        content = None
        with suppress(InputError):
            content = load_decision(file)
        yield f"{file.parent.name}/{file.name}", content


def witnesses_of(source: str, decision: dict[str, Any]) -> list[Witness]:
    """Return the checkpoint that a decision holds."""
    return [Witness(source, each) for each in find_checkpoints(json.dumps(decision))]


def witnesses_in(out: Path) -> list[Witness]:
    """Return the checkpoints that the decisions in `out` hold."""
    return [each for source, decision in decided_days(out) for each in witnesses_of(source, decision)]


def key_witnesses(records: Iterable[Record]) -> Iterator[Witness]:
    """Return the checkpoints that the records of keys hold: each one signs what the trail had before its key."""
    for record in records:
        if record.kind == "key":
            yield from (Witness(f"record {record.seq}", each) for each in find_checkpoints(json.dumps(record.body)))


def judge_witnesses(links: Sequence[Link | None], witnesses: Sequence[Witness], audit: Audit) -> Iterator[Finding]:
    """Return what checkpoints show of a chain: each one that it does not fit, the smallest first.

    Where desk.toml has a key, an unsigned one is believed only up to the last signed one that fits, which vouches for all
    before it: those after it anybody can have made, with the chain that they fit.
    """
    keys = {key_id(key): key for key in (audit.public_key, *audit.former_keys) if key}
    fits = 0
    vouched = max((each.checkpoint.size for each in witnesses if _vouches(each.checkpoint, links, keys)), default=0)
    for witness in sorted(witnesses, key=lambda each: each.checkpoint.size):
        it = witness.checkpoint
        if it.signature is not None and keys:
            known = keys.get(it.signed_by or "")
            if known is None:
                yield Finding(
                    "changed", None, f"the checkpoint in {witness.source} is signed with a key that desk.toml has not"
                )
                continue
            if not it.is_signed_by(known):
                yield Finding(
                    "changed", None, f"the checkpoint in {witness.source} was changed: its signature does not fit"
                )
                continue
        if it.signature is None and keys and it.size > vouched:
            says = "is unsigned, and no signed one after it vouches for it: anybody can have made it"
            yield Finding("changed", None, f"the checkpoint in {witness.source} {says}")
        if it.size > len(links):
            yield _cut_off(len(links), it.size, witness.source)
        elif it.head != _head(links, it.size):
            says = f"the checkpoint in {witness.source} is of another record {it.size}"
            since = f"from record {fits + 1} on" if fits < it.size - 1 else f"record {it.size}"
            yield Finding("changed", fits + 1, f"{says}: {since} the chain was computed anew")
        else:
            fits = it.size


def _vouches(it: Checkpoint, links: Sequence[Link | None], keys: Mapping[str, str]) -> bool:
    if it.size > len(links) or it.head != _head(links, it.size):
        return False
    key = keys.get(it.signed_by or "")
    return key is not None and it.is_signed_by(key)


def judge_decision(source: str, decision: dict[str, Any], recorded: Recorded) -> Iterator[Finding]:
    """Return what is wrong with a published decision: its content, its record, or that a later one was decided."""
    if recorded.problem:
        yield Finding("changed", None, recorded.problem)
        return
    if not ids_fit(decision):
        yield Finding("changed", None, f"{source} was changed: its ids do not fit what it says")
        return
    if is_unrecorded(decision) or recorded.is_after(decision):
        return
    size, bodies = len(recorded.records), [record.body for record in recorded.of_day(decision)]
    if identity(decision) not in map(identity, bodies):
        held = decision.get("checkpoint")
        before = held.get("size") if isinstance(held, dict) else None
        if isinstance(before, int) and before >= size:
            yield _cut_off(size, before + 1, source)
        else:
            yield Finding(
                "inserted", None, f"{source} has no record in the audit trail: no run of this desk decided it"
            )
    elif identity(last := bodies[-1]) != identity(decision):
        says = f"{source} is not the last decision of that day, {last.get('decision')} {identity(last)} is"
        yield Finding("changed", None, f"{says}: an earlier one was put back, or a run was killed; run the day again")


def _cut_off(size: int, known: int, source: str) -> Finding:
    gone = f"record {known} is" if known == size + 1 else f"records {size + 1} to {known} are"
    return Finding("cut off", size + 1, f"{gone} not there, {source} knows of {'it' if known == size + 1 else 'them'}")


def _head(links: Sequence[Link | None], size: int) -> str | None:
    if size == 0:
        return FIRST
    link = links[size - 1]
    return link.hash if link else None
