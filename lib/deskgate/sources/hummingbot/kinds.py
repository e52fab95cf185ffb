"""The kinds of source that Hummingbot itself writes: its database, its log and its MQTT bridge."""

from collections.abc import Mapping

from deskgate.sources.source_kind import Signature, SourceKind, deferred

__all__ = ["KINDS", "MQTT_EVENTS", "MQTT_HEARTBEATS"]

_HUMMINGBOT = "deskgate.sources.hummingbot"


def _is_message(line: Mapping[str, object]) -> bool:
    """Return whether an object is the bridge's message, or its payload alone.

    A collector's log of several topics may begin with heartbeats, log lines or notifications.
    """
    if "topic" in line:
        return "payload" in line
    return {"timestamp", "type", "data"} <= set(line)


MQTT_EVENTS = SourceKind(
    name="mqtt_events",
    leg="events",
    signature=Signature(line=_is_message, empty_names=(r"^events.*\.jsonl(\.[\w-]+)*$",)),
    suffixes=(".jsonl", ".jsonl.gz"),
    tables=frozenset({"events", "fills", "orders", "funding", "liquidity_operations"}),
    read_lines=deferred(f"{_HUMMINGBOT}.mqtt_events:read_mqtt_events"),
    named_bots=deferred(f"{_HUMMINGBOT}.facts:bots_in_topics"),
)
# A stream of its own, never a file: a topic that carries nothing but signs of life.
MQTT_HEARTBEATS = SourceKind(
    name="mqtt_heartbeats",
    leg="events",
    tables=frozenset({"events"}),
    read_lines=deferred(f"{_HUMMINGBOT}.mqtt_events:read_mqtt_events"),
)
KINDS = (
    SourceKind(
        name="hummingbot_db",
        leg="local",
        signature=Signature(magic=b"SQLite format 3\x00"),
        suffixes=(".sqlite",),
        tables=frozenset({"fills", "orders", "funding", "mids", "positions", "liquidity_operations"}),
        read=deferred(f"{_HUMMINGBOT}.database:read_hummingbot_db"),
        parts=deferred(f"{_HUMMINGBOT}.database:parts_of_hummingbot_db"),
        read_grown=deferred(f"{_HUMMINGBOT}.database:read_grown_db"),
        facts=deferred(f"{_HUMMINGBOT}.facts:facts_of_database"),
        is_foreign=deferred(f"{_HUMMINGBOT}.database:is_foreign"),
        database=True,
        file_glob="*.sqlite",
    ),
    SourceKind(
        name="hummingbot_log",
        leg="local",
        signature=Signature(
            text=r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3} - \d+ - hummingbot[.\w]* - [A-Z][\w ]* - ",
            empty_names=(r"^logs_.*\.log(\.[\w-]+)*$",),
        ),
        suffixes=(".log", ".log.gz"),
        tables=frozenset({"log_lines"}),
        read_lines=deferred(f"{_HUMMINGBOT}.log_lines:read_log_lines"),
        file_glob="logs_*.log*",
        log_prefix="logs_",
    ),
    MQTT_EVENTS,
    MQTT_HEARTBEATS,
)
