"""The kinds of file that a control plane and its controllers write."""

from collections.abc import Mapping

from deskgate.sources.exact_json import field
from deskgate.sources.source_kind import Signature, SourceKind, deferred

__all__ = ["EVENT_ENVELOPES", "KINDS"]

_CSV, _ENVELOPES, _SNAPSHOT, _FACTS = (
    f"deskgate.sources.control_plane.{name}"
    for name in ("controller_csv", "event_envelopes", "account_snapshot", "facts")
)
# What an account snapshot has for each bot.
_ENTRY = {"source", "balances", "position_base"}
_LOG_SUFFIXES = (".csv", ".csv.gz")


def _is_envelope(line: Mapping[str, object]) -> bool:
    """Return whether an object is an event with or without its envelope, or either as a collector wraps it."""
    collected = {"stream", "entry_id", "event"} <= set(line)
    return collected or ("event_type" in line and bool({"ts_utc", "instance_name"} & set(line)))


def _is_account_snapshot(document: Mapping[str, object]) -> bool:
    """Return whether a document has account entries by bot; a policy or a risk report by bot has none."""
    entries = field(document, "bots").values()
    return any("mode" in document or _ENTRY & set(field(entry)) for entry in entries)


EVENT_ENVELOPES = SourceKind(
    name="event_envelopes",
    leg="events",
    signature=Signature(line=_is_envelope),
    suffixes=(".jsonl", ".jsonl.gz"),
    tables=frozenset({"events", "fills", "orders", "funding", "mids"}),
    read_lines=deferred(f"{_ENVELOPES}:read_event_envelopes"),
    named_bots=deferred(f"{_FACTS}:bots_in_envelopes"),
    facts=deferred(f"{_FACTS}:facts_of_envelopes"),
    desk_wide=True,
)
KINDS = (
    SourceKind(
        name="controller_daily",
        leg="local",
        signature=Signature(
            columns=frozenset({"ts", "equity_open_quote", "equity_now_quote"}),
            empty_names=(r"^daily.*\.csv(\.[\w-]+)*$",),
        ),
        suffixes=_LOG_SUFFIXES,
        read=deferred(f"{_CSV}:read_controller_daily"),
        facts=deferred(f"{_FACTS}:facts_of_log"),
    ),
    SourceKind(
        name="controller_fills",
        leg="local",
        signature=Signature(
            columns=frozenset({"ts", "side", "price", "amount_base"}), empty_names=(r"^fills.*\.csv(\.[\w-]+)*$",)
        ),
        suffixes=_LOG_SUFFIXES,
        tables=frozenset({"fills"}),
        stray_tables=frozenset({"mids"}),
        read=deferred(f"{_CSV}:read_controller_fills"),
        read_appended=deferred(f"{_CSV}:read_appended_lines"),
        facts=deferred(f"{_FACTS}:facts_of_log"),
        file_glob="fills*.csv*",
    ),
    SourceKind(
        name="controller_minutes",
        leg="local",
        signature=Signature(
            columns=frozenset({"ts", "state", "mid", "equity_quote"}), empty_names=(r"^minute.*\.csv(\.[\w-]+)*$",)
        ),
        suffixes=_LOG_SUFFIXES,
        tables=frozenset({"snapshots", "mids"}),
        read=deferred(f"{_CSV}:read_controller_minutes"),
        read_appended=deferred(f"{_CSV}:read_appended_lines"),
        facts=deferred(f"{_FACTS}:facts_of_log"),
        file_glob="minute*.csv*",
    ),
    EVENT_ENVELOPES,
    SourceKind(
        name="account_snapshot",
        leg="exchange",
        signature=Signature(document=_is_account_snapshot, wrapped=True),
        suffixes=(".json", ".json.gz"),
        tables=frozenset({"positions", "balances"}),
        read=deferred(f"{_SNAPSHOT}:read_account_snapshot"),
        named_bots=deferred(f"{_FACTS}:bots_of_snapshot"),
        facts=deferred(f"{_FACTS}:facts_of_snapshot"),
        derivation=deferred(f"{_SNAPSHOT}:derivation"),
        desk_wide=True,
        dated_snapshot=True,
    ),
)
