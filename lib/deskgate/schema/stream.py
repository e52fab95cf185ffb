"""The stream frames: events, the source files they and everything else came from, quarantine, and the ledger of ingestion."""

import dataframely as dy

from deskgate.schema.columns import LEGS, Record, instant, string

__all__ = [
    "ASIDE",
    "EVENT_TYPES",
    "HEARTBEAT",
    "LIQUIDITY_OPERATION",
    "NOTICE",
    "Events",
    "Ledger",
    "Quarantine",
    "Sources",
]

# A sign of life of a bot: it ends a silence and keeps a stream fresh, and is no event of anything that happened.
HEARTBEAT = "heartbeat"
# An operation in a pool, or an order of one: it moves balances, and no check judges it.
LIQUIDITY_OPERATION = "liquidity_operation"
# What else a bridge carries: log lines, notifications, commands. Nothing of orders or money, and no sign of life.
NOTICE = "notice"
# Events that say nothing of what happened at a market: counted apart.
ASIDE = (HEARTBEAT, NOTICE)

# The types of event schema 1, the only ones that are stored; an event of any other type is in quarantine.
EVENT_TYPES = (
    "order_created",
    "order_filled",
    "order_completed",
    "order_cancelled",
    "order_failed",
    "order_expired",
    "funding_payment",
    "execution_intent",
    "risk_decision",
    "state_snapshot",
    "market_snapshot",
    "audit",
    HEARTBEAT,
    LIQUIDITY_OPERATION,
    NOTICE,
)


class Events(Record):
    """One row per event of the stream.

    `line` is its 1-based place in `path`: a line of a file, or the running number of a stream's message. `arrived_at`
    is when the collector took it in, as the source says it, null where it does not; `visible_at` is the later of it
    and `ts`. `id_derived` marks ids made from the content because the source has none; `payload` is its JSON as written, `extra` a JSON object of what else an envelope had.
    """

    line = dy.Int64(nullable=False)
    arrived_at = instant(nullable=True)
    event_id = string(nullable=False)
    event_type = string(nullable=False)
    event_version = string()
    producer = string()
    controller_id = string()
    connector_name = string()
    pair = string()
    correlation_id = string()
    id_derived = dy.Bool(nullable=False)
    order_id = string()
    trade_id = string()
    payload = string(nullable=False)
    extra = string()


class Sources(dy.Schema):
    """One row per source file, bot and export kind: what was there to be read, so that an empty export is still evidence of an export.

    `derived` marks a leg that was computed from another one and proves nothing. `exported_at` is the export's own
    stamp or the one in its name, null where it has neither.
    """

    row_id = string(nullable=False)
    bot = string(nullable=False)
    leg = dy.String(nullable=False, check=lambda leg: leg.is_in(LEGS))
    kind = string(nullable=False)
    path = string(nullable=False)
    sha256 = string(nullable=False)
    bytes = dy.Int64(nullable=False)
    rows = dy.Int64(nullable=False)
    quarantined = dy.Int64(nullable=False)
    exported_at = instant(nullable=True)
    visible_at = instant(nullable=True)
    derived = dy.Bool(nullable=False)
    note = string()


class Quarantine(dy.Schema):
    """One row per record that could not be read: its place, the reason in words, and its raw text.

    `since` and `until` bound when it was: its own time, or those of the records around it in a file in order of time;
    null where nothing shows it.
    """

    row_id = string(nullable=False)
    bot = string()
    leg = string()
    path = string(nullable=False)
    line = dy.Int64(nullable=False)
    reason = string(nullable=False)
    raw = string(nullable=False)
    since = instant(nullable=True)
    until = instant(nullable=True)


class Ledger(dy.Schema):
    """One row per part of a source that was taken in with one commit: the account of every record in it.

    A part is `[start, end)` of a source: bytes of an unpacked file, running numbers of a stream's messages or a database's
    records, and 0 to 1 for a file that is only ever read whole. `generation` counts how often the source was found
    rewritten, `lines` is the number of its last line read so far, `sha256` the digest of its content up to `end`, `cursor`
    a stream's own last id, or the mark up to which a file that grows was read. Of a database in several parts those before the last
    have no `sha256`, and as their `cursor` `begun:` with the mark of all of it. `context` is the digest of what a desk says
    of the source: read under another one, it is read again.

    `read` was counted where the records were cut out, `tally` where they went; `unfinished` bytes of a last line
    without its end wait for the writer, and `missed` messages a stream had dropped before they could be read.
    `recorded_at` is the clock's; a part of no records is a follower's heartbeat. Tallies: a null `bot` or `day`
    belongs to a record that nobody could attribute or date.
    """

    row_id = string(nullable=False)
    path = string(nullable=False)
    kind = string(nullable=False)
    leg = dy.String(nullable=False, check=lambda leg: leg.is_in(LEGS))
    generation = dy.Int64(nullable=False)
    start = dy.Int64(nullable=False)
    end = dy.Int64(nullable=False)
    lines = dy.Int64(nullable=False)
    sha256 = string()
    cursor = string()
    context = string(nullable=False)
    size = dy.Int64(nullable=True)
    stat = string()
    read = dy.Int64(nullable=False)
    unfinished = dy.Int64(nullable=False)
    missed = dy.Int64(nullable=False)
    recorded_at = instant()
    tally = dy.List(
        dy.Struct(
            {
                "bot": string(),
                "day": dy.Date(nullable=True),
                "type": string(nullable=False),
                "stored": dy.Int64(nullable=False),
                "known": dy.Int64(nullable=False),
                "quarantined": dy.Int64(nullable=False),
                "conflicts": dy.Int64(nullable=False),
            },
            nullable=False,
        ),
        nullable=False,
    )
