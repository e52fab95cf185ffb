"""What a file is, told by its content; its name counts only where the content is empty.

Each kind belongs to one leg: a database listed as the exchange's account would make a bot its own witness.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from deskgate.config.errors import InputError
from deskgate.sources.exact_json import JsonError, field, first, parse
from deskgate.sources.lines import head_of, whole_text

__all__ = ["LEG_OF_KIND", "LINE_KINDS", "columns_of", "kind_of"]

LEG_OF_KIND = {
    "hummingbot_db": "local",
    "controller_minutes": "local",
    "controller_fills": "local",
    "controller_daily": "local",
    "mqtt_events": "events",
    "mqtt_heartbeats": "events",
    "event_envelopes": "events",
    "my_trades": "exchange",
    "closed_orders": "exchange",
    "canceled_orders": "exchange",
    "open_orders": "exchange",
    "funding_history": "exchange",
    "transfers": "exchange",
    "positions": "exchange",
    "balance": "exchange",
    "account_snapshot": "exchange",
}

# Files of these kinds are read line by line and only ever grow; all others are read whole.
LINE_KINDS = ("mqtt_events", "mqtt_heartbeats", "event_envelopes")

_SQLITE = b"SQLite format 3\x00"
_HEAD = 1 << 16
_HEADERS = {
    "controller_daily": {"ts", "equity_open_quote", "equity_now_quote"},
    "controller_fills": {"ts", "side", "price", "amount_base"},
    "controller_minutes": {"ts", "state", "mid", "equity_quote"},
}
_RECORDS = {
    "positions": ({"contracts"}, {"entryPrice", "side", "symbol"}),
    "orders": ({"status", "filled", "symbol"}, {"status", "remaining", "symbol"}, {"clientOrderId", "status"}),
    "my_trades": ({"takerOrMaker", "price", "amount"}, {"order", "side", "price", "amount"}),
    "funding_history": ({"code", "amount", "timestamp"},),
    "transfers": ({"currency", "amount", "fromAccount", "toAccount"}, {"currency", "amount", "type", "txid"}),
}
# What an account snapshot without a mode says of its bots; a policy or a risk report by bot has none of it.
_SNAPSHOT = {"source", "balances", "position_base"}
# What an empty file is, by its name; rotated logs have a number or a date behind it.
_EMPTY = (
    (r"^events.*\.jsonl(\.[\w-]+)*$", "mqtt_events"),
    (r"^minute.*\.csv(\.[\w-]+)*$", "controller_minutes"),
    (r"^fills.*\.csv(\.[\w-]+)*$", "controller_fills"),
    (r"^daily.*\.csv(\.[\w-]+)*$", "controller_daily"),
    (r"^(my_trades|closed_orders|canceled_orders|open_orders|funding_history|positions).*\.json(\.gz)?$", r"\1"),
    (r"^(transfers|deposits|withdrawals).*\.json(\.gz)?$", "transfers"),
)


def kind_of(file: Path) -> tuple[str, object]:
    """Return the kind of `file`, a key of `LEG_OF_KIND`, and its parsed content where it is one JSON document.

    Raises
    ------
    InputError
        The file is of no known kind, or is a JSON document or gzip that cannot be read.
    """
    head = head_of(file, _HEAD)
    if head.startswith(_SQLITE):
        return "hummingbot_db", None
    if not head.strip():
        return _kind_by_name(file, "an empty file"), None
    if head.lstrip()[:1] not in (b"{", b"["):
        return _kind_of_table(file, head), None
    return _kind_of_json(file, head)


def columns_of(header: str) -> list[str]:
    """Return the column names of a CSV's first line."""
    return [name.strip().strip('"') for name in header.removeprefix("\ufeff").split(",")]


def _kind_of_table(file: Path, head: bytes) -> str:
    columns = columns_of(head.split(b"\n", 1)[0].decode(errors="replace"))
    for kind, wanted in _HEADERS.items():
        if wanted <= set(columns):
            return kind
    raise _unknown(file, f"a first line that begins '{', '.join(columns)[:60]}'")


def _kind_of_json(file: Path, head: bytes) -> tuple[str, object]:
    """Tell event lines from a document; a broken line among events does not hide the others."""
    lines = head.decode(errors="replace").splitlines()
    if head.lstrip()[:1] == b"{":
        for line in lines:
            try:
                kind = _kind_of_event(parse(line))
            except JsonError:
                continue
            if kind:
                return kind, None
    try:
        document = parse(whole_text(file))
    except JsonError as error:
        raise InputError(
            f"{file}: no JSON, {error}, expected a complete document or event lines; export the file again or take it"
            " out of desk.toml"
        ) from error
    return _kind_of_document(file, document), document


def _kind_of_event(line: object) -> str | None:
    if not isinstance(line, Mapping):
        return None
    collected = {"stream", "entry_id", "event"} <= set(line)
    if collected or ("event_type" in line and {"ts_utc", "instance_name"} & set(line)):
        return "event_envelopes"
    payload = field(line, "payload") if "topic" in line else line
    if "topic" in line and {"ts"} == set(payload):
        return "mqtt_events"  # a collector's log of several topics may begin with heartbeats
    return "mqtt_events" if {"timestamp", "type", "data"} <= set(payload) else None


def _kind_of_document(file: Path, document: object) -> str:
    """Tell the kind of a ccxt-shaped export, bare or wrapped as {exported_at, <kind>: ...}."""
    if isinstance(document, Mapping):
        named = [kind for kind in LEG_OF_KIND if kind in document and LEG_OF_KIND[kind] == "exchange"]
        if len(named) == 1 and not {"bots", "total"} & set(document):
            return named[0]
        entries = field(document, "bots").values()
        if any("mode" in document or _SNAPSHOT & set(field(entry)) for entry in entries):
            return "account_snapshot"
        if isinstance(document.get("total"), Mapping) or {"free", "used"} <= set(document):
            return "balance"
        raise _unknown(file, f"an object with {', '.join(list(document)[:5]) or 'no keys'}")
    if not isinstance(document, list):
        raise _unknown(file, "a bare value")
    if not document:
        return _kind_by_name(file, "an empty list")
    records = [record for record in document if isinstance(record, Mapping)]
    for kind, signatures in _RECORDS.items():
        if any(signature <= set(record) for record in records[:20] for signature in signatures):
            return _kind_of_orders(records) if kind == "orders" else kind
    raise _unknown(file, f"a list of objects with {', '.join(sorted(records[0])[:5]) if records else 'no keys'}")


def _kind_of_orders(records: list[Mapping[str, object]]) -> str:
    statuses = {first(record, "status") for record in records} - {None}
    if statuses <= {"open"}:
        return "open_orders"
    return "closed_orders" if "closed" in statuses else "canceled_orders"


def _kind_by_name(file: Path, found: str) -> str:
    for pattern, kind in _EMPTY:
        if match := re.match(pattern, file.name):
            return match.expand(kind)
    # An account snapshot is named by its instant, and its folder says of what.
    if file.parent.name == "positions":
        return "positions"
    raise _unknown(file, found)


def _unknown(file: Path, found: str) -> InputError:
    return InputError(
        f"{file}: {found} is no kind of file known here, expected one of {', '.join(LEG_OF_KIND)}; narrow the pattern"
        " in desk.toml that lists it"
    )
