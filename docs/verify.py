"""Verify a desk's audit trail without Deskgate: standard library and `cryptography` only.

    python verify.py CHAIN [--public-key ed25519:...]... [FILE]...

CHAIN is <out>/audit/chain.jsonl. Each FILE is a decision.json, or a text with checkpoints: a page, an alert. With a public key
(desk.toml, [audit] public_key and former_keys; better: as it was written down elsewhere) signatures are verified too.

It prints one line for each thing that is wrong, `<how> <first wrong record or ->: <why>`, and exits with 1; with 0 where nothing
is, with 2 where a file cannot be read, or holds nothing to compare with. docs/audit.md says what is checked and why. It does not know the store: that its tables
agree with the chain is verified by `deskgate verify --audit`.
"""

import argparse
import base64
import hashlib
import html
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

Record = dict[str, Any]
# How, the first wrong record, why.
Finding = tuple[str, int | None, str]
FIRST = "0" * 64
# ECMAScript writes numbers from and up to these without an exponent.
LEAST, MOST = 1e-6, 1e21
UNRECORDED = (
    "this decision has no record, the audit trail could not be used; a checkpoint is that of the decision before"
)
# What another run of the same inputs has otherwise; a decision's bundle_id is of all else.
OF_A_RUN = ("failures", "incidents", "ladder", "previous", "checkpoint", "store", "pages", "run_id")
FIELDS = {"seq", "kind", "at", "body", "previous", "hash"}


def canonical(value: object) -> bytes:
    """Return a record or checkpoint as canonical JSON: sorted, without spaces. They hold no floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def rfc8785(value: object) -> str:
    """Return any JSON value as RFC 8785 has it, as text: a decision.json holds floats, and any keys."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{rfc8785(key)}:{rfc8785(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(rfc8785, value)) + "]"
    if isinstance(value, float):
        return number(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def number(value: float) -> str:
    """Return a float as ECMAScript writes it."""
    if value == 0:
        return "0"
    if LEAST <= abs(value) < MOST:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return re.sub(r"e([+-])0*", r"e\1", repr(value))


def sha256(data: bytes) -> str:
    """Return a sha256 in hex."""
    return hashlib.sha256(data).hexdigest()


def parse(line: bytes) -> Record | None:
    """Return the record that a line is, None where it is none or does not fit its own hash."""
    try:
        record = json.loads(line)
        if not isinstance(record, dict) or set(record) != FIELDS or type(record["seq"]) is not int:
            return None
        if not isinstance(record["body"], dict):
            return None
        rest = {name: value for name, value in record.items() if name != "hash"}
        fits = canonical(record) == line and sha256(canonical(rest)) == record["hash"]
    except (ValueError, RecursionError):
        return None
    return record if fits else None


def read_chain(path: Path) -> list[Record | None]:
    """Return the records of a chain, None for each line that is none; an unfinished last line does not count."""
    lines = path.read_bytes().split(b"\n")
    records = [parse(line) for line in lines]
    return records if records[-1] else records[:-1]


def first_fault(records: Sequence[Record | None]) -> Finding | None:
    """Return (how, first wrong record, why), or None."""
    previous = FIRST
    for place, record in enumerate(records):
        if not follows(record, place + 1, previous):
            return name_fault(records, place, previous)
        previous = record["hash"] if record else FIRST
    return None


def follows(record: Record | None, seq: int, previous: str) -> bool:
    """Return whether a record is the one with this number after the one with this hash."""
    return record is not None and record["seq"] == seq and record["previous"] == previous


def name_fault(records: Sequence[Record | None], place: int, previous: str) -> Finding:
    """Say what happened at line `place`, the first that does not follow: whoever comes next bears witness."""
    here, seq = records[place], place + 1
    after = records[place + 1] if place + 1 < len(records) else None
    before = records[place - 1] if place else None
    seqs_after = [record["seq"] for record in records[place + 1 :] if record]
    is_extra = follows(after, seq, previous)
    if here is None:
        return ("inserted", seq, "an extra line") if is_extra else ("changed", seq, "it does not fit its hash")
    found = here["seq"]
    if found > seq and seq in seqs_after and found not in seqs_after:
        return "reordered", seq, f"record {found} stands in its place"
    if before and found == before["seq"] and here["previous"] == before["previous"]:
        return "inserted", found, "there are two of it"
    if is_extra:
        return "inserted", seq, "an extra line"
    if found != seq and after and after["seq"] == seq + 1:
        return "changed", seq, f"it calls itself {found}"
    if found > seq:
        return "removed", seq, f"{found} follows {seq - 1}"
    if found < seq:
        return "inserted", seq, f"record {found} again"
    if before and (after is None or after["previous"] == here["hash"]):
        return "changed", seq - 1, f"record {seq} holds another hash of it"
    return "changed", seq, "it does not follow the one before"


def checkpoints_in(text: str) -> list[dict[str, Any]]:
    """Return the checkpoints in a decision.json, or in a page or alert."""
    try:
        found = json.loads(text)
        raw = [found.get("checkpoint", found)] if isinstance(found, dict) else []
    except ValueError:
        raw = [loaded(each) for each in re.findall(r"audit checkpoint (\{[^{}]*\})", html.unescape(text))]
    shaped = [each for each in raw if isinstance(each, dict) and isinstance(each.get("head"), str)]
    return [each for each in shaped if type(each.get("size")) is int]


def loaded(text: str) -> object:
    """Return JSON, None where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def is_signed(checkpoint: dict[str, Any], public_keys: Iterable[str]) -> bool:
    """Return whether one of the keys signed a checkpoint."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    message = {name: checkpoint.get(name) for name in ("name", "size", "head")}
    message["purpose"] = "deskgate audit checkpoint 1"
    for public_key in public_keys:
        raw = base64.b64decode(public_key.removeprefix("ed25519:"))
        try:
            signature = base64.b64decode(checkpoint.get("signature") or "", validate=True)
            Ed25519PublicKey.from_public_bytes(raw).verify(signature, canonical(message))
        except (InvalidSignature, ValueError, TypeError):
            continue
        return True
    return False


def judge_checkpoints(
    records: Sequence[Record | None], found: Iterable[tuple[str, dict[str, Any]]], public_keys: Sequence[str]
) -> Iterator[Finding]:
    """Yield each checkpoint that the chain does not fit; `found` is (file, checkpoint)."""
    fits = 0
    given = sorted(found, key=lambda each: each[1]["size"])
    # A signed one that fits vouches for all before it. An unsigned one after it anybody can have made.
    signed = [each for _, each in given if public_keys and is_signed(each, public_keys)]
    vouched = max((each["size"] for each in signed if each.get("head") == head_of(records, each["size"])), default=0)
    for file, checkpoint in given:
        size, head = checkpoint["size"], checkpoint.get("head")
        if public_keys and checkpoint.get("signature") is None and size > vouched:
            yield "changed", None, f"the checkpoint in {file} is unsigned, and no signed one vouches for it"
        if checkpoint.get("signature") is not None and public_keys and not is_signed(checkpoint, public_keys):
            yield "changed", None, f"the checkpoint in {file} is not signed with the given key"
        elif size > len(records):
            yield "cut off", len(records) + 1, f"{file} knows of {size} records"
        elif head != head_of(records, size):
            yield "changed", fits + 1, f"{file} knows another record {size}: one after record {fits} is not as it was"
        else:
            fits = size


def head_of(records: Sequence[Record | None], size: int) -> str | None:
    """Return the hash of the last of the first `size` records, None where there is none."""
    record = records[size - 1] if 0 < size <= len(records) else None
    return record["hash"] if record else FIRST if size == 0 else None


def judge_decision(
    records: Sequence[Record | None], file: str, decision: dict[str, Any], *, is_before: bool
) -> Iterator[Finding]:
    """Yield what is wrong with a decision: its content, its record, or that a later one replaced it.

    One of before there was an audit trail (`is_before`) has no record.
    """
    if not ids_fit(decision):
        yield "changed", None, f"{file} does not fit its ids"
        return
    if is_before:
        return
    identity = decision.get("run_id", decision["bundle_id"])
    held = decision.get("checkpoint")
    held = held if isinstance(held, dict) else {}
    if decision.get("decision") != "GO" and held.get("statement") == UNRECORDED:
        return
    bodies = [record["body"] for record in records if record and record["kind"] == "decision"]
    of_day = [body.get("run_id", body.get("bundle_id")) for body in bodies if body.get("date") == decision.get("date")]
    if identity not in of_day:
        before = held.get("size")
        if type(before) is int and before >= len(records):
            yield "cut off", len(records) + 1, f"{file} knows of {before + 1} records"
        else:
            yield "inserted", None, f"{file} has no record"
    elif of_day[-1] != identity:
        yield "changed", None, f"{file} is not the last decision of that day, {of_day[-1]} is"


def ids_fit(decision: dict[str, Any]) -> bool:
    """Return whether a decision's ids are of what it says: bundle_id of the evidence, run_id of all of it."""
    without = [(("run_id",), "run_id"), (OF_A_RUN, "bundle_id")] if "run_id" in decision else [((), "bundle_id")]
    for names, mine in without:
        rest = {name: value for name, value in decision.items() if name not in (*names, mine)}
        if sha256(rfc8785(rest).encode()) != decision[mine]:
            return False
    return True


def verify(records: Sequence[Record | None], texts: dict[str, str], public_keys: Sequence[str]) -> list[Finding]:
    """Return everything that is wrong as (how, record, why); `texts` is file -> content."""
    found = [(file, each) for file, text in texts.items() for each in checkpoints_in(text)]
    fault = first_fault(records)
    keys = [record for record in records if record and record["kind"] == "key" and not fault]
    # The record of a key signs what there was before it.
    found += [(f"record {key['seq']}", each) for key in keys for each in checkpoints_in(json.dumps(key["body"]))]
    findings = ([fault] if fault else []) + list(judge_checkpoints(records, found, public_keys))
    known = {str(record["body"].get("date")) for record in records if record and record["kind"] == "decision"}
    began_on = str(records[0]["at"])[:10] if records and records[0] else None
    for file, text in texts.items():
        decision = loaded(text)
        if fault or not isinstance(decision, dict) or "bundle_id" not in decision:
            continue
        # One without a checkpoint was made before there was an audit trail, if its day was over when that began; one with a
        # run_id was not: decisions held checkpoints before they had that.
        day = str(decision.get("date"))
        is_old = "checkpoint" not in decision and "run_id" not in decision
        is_before = is_old and day not in known and (began_on is None or day < began_on)
        findings += judge_decision(records, file, decision, is_before=is_before)
    return list(dict.fromkeys(findings))


def main() -> None:
    """Read the files, verify, print, exit."""
    parser = argparse.ArgumentParser(description="Verify a desk's audit trail without Deskgate.")
    parser.add_argument("chain", type=Path)
    parser.add_argument("files", type=Path, nargs="*", help="decision.json, pages, texts of alerts")
    parser.add_argument("--public-key", action="append", default=[], help="ed25519:...; may be repeated")
    given = parser.parse_intermixed_args()
    try:
        records = read_chain(given.chain)
        texts = {str(file): file.read_text(encoding="utf-8") for file in given.files}
    except (OSError, UnicodeDecodeError) as error:
        print(f"not readable: {error}", file=sys.stderr)
        sys.exit(2)
    for file, text in texts.items():
        content = loaded(text)
        if not checkpoints_in(text) and not (isinstance(content, dict) and "bundle_id" in content):
            print(f"{file}: holds no checkpoint and is no decision", file=sys.stderr)
            sys.exit(2)
    findings = verify(records, texts, given.public_key)
    for how, seq, why in findings:
        print(f"{how} {seq or '-'}: {why}")
    head = records[-1]["hash"] if records and records[-1] else FIRST
    print(f"{'tampered with' if findings else 'intact'}: {len(records)} records, the last one {head}")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
