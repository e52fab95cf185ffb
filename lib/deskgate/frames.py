"""Schemas of the canonical frames: the one place that says what a fill, an order state or a balance is.

Intake turns every dialect into these frames, the store keeps them, the checks read them. All times are UTC with
microseconds, all money, prices and quantities `Decimal(38, 18)`. `leg` names whose account a row is: `local` (the
bot's own record), `events` (the stream) or `exchange` (the venue; a paper bot's own ledger).

`ts` is the time of the thing itself; `visible_at` is when it could first be known (its arrival where the source
keeps one, else `ts`). A run for an `as_of` sees the rows with `visible_at <= as_of`, nothing else.
`row_id` is a digest of the row's content, so that the same record read from two files is one row.
"""

from hashlib import blake2b

import dataframely as dy
import polars as pl

__all__ = [
    "EVENT_TYPES",
    "EVERY_EVENT_STANDS",
    "HEARTBEAT",
    "LEGS",
    "OPERATED",
    "RECORDED",
    "RECORD_KEYS",
    "SIDES",
    "TABLES",
    "Anchors",
    "Balances",
    "Baselines",
    "BreakActions",
    "BreakSightings",
    "Events",
    "Fills",
    "Funding",
    "Ledger",
    "Mids",
    "Orders",
    "Positions",
    "Quarantine",
    "Snapshots",
    "Sources",
    "Transfers",
    "digest_rows",
]

LEGS = ("local", "events", "exchange")
SIDES = ("BUY", "SELL")
# What an operator may do about a break.
BREAK_ACTIONS = ("note", "own", "accept", "resolve")
ORDER_STATUSES = ("open", "filled", "completed", "cancelled", "failed", "expired")


def _time(*, nullable: bool = False) -> dy.Datetime:
    return dy.Datetime(nullable=nullable, time_unit="us", time_zone="UTC")


def _money(*, nullable: bool = True) -> dy.Decimal:
    return dy.Decimal(38, 18, nullable=nullable)


def _text(*, nullable: bool = True) -> dy.String:
    return dy.String(nullable=nullable)


class _Record(dy.Schema):
    """What every canonical row carries: its identity, its bot, its leg, its times and where it was read."""

    row_id = _text(nullable=False)
    bot = _text(nullable=False)
    leg = dy.String(nullable=False, check=lambda leg: leg.is_in(LEGS))
    ts = _time()
    visible_at = _time()
    path = _text(nullable=False)


class Fills(_Record):
    """One row per fill and leg. `fee_amount` is in `fee_token`, positive when paid; `fee_quote` is the leg's own conversion."""

    pair = _text(nullable=False)
    market = _text()
    trade_id = _text()
    order_id = _text()
    exchange_order_id = _text()
    side = dy.String(nullable=False, check=lambda side: side.is_in(SIDES))
    price = _money(nullable=False)
    quantity = _money(nullable=False)
    fee_amount = _money()
    fee_token = _text()
    fee_quote = _money()
    liquidity = _text()


class Orders(_Record):
    """One row per state an order was seen in: `ts` is when it took that state, `created_ts` when it was made."""

    pair = _text()
    order_id = _text()
    exchange_order_id = _text()
    status = dy.String(nullable=False, check=lambda status: status.is_in(ORDER_STATUSES))
    created_ts = _time(nullable=True)
    side = _text()
    price = _money()
    quantity = _money()
    filled_quantity = _money()


class Funding(_Record):
    """One row per funding payment and leg; `amount` in quote, negative when paid."""

    pair = _text()
    funding_id = _text()
    amount = _money(nullable=False)
    rate = _money()


class Transfers(_Record):
    """One row per deposit, withdrawal or transfer between accounts; `amount` in `token`, positive into the bot's account."""

    transfer_id = _text()
    token = _text(nullable=False)
    amount = _money(nullable=False)


class Mids(_Record):
    """One row per observed mid price."""

    pair = _text(nullable=False)
    mid = _money(nullable=False)
    best_bid = _money()
    best_ask = _money()


class Snapshots(_Record):
    """One row per minute record of a bot's controller: what the bot says of itself."""

    pair = _text()
    connector = _text()
    state = _text()
    mid = _money()
    equity_quote = _money()
    base_pct = _money()
    target_base_pct = _money()
    daily_loss_pct = _money()
    drawdown_pct = _money()
    turnover_x = _money()
    fills_count_today = dy.Int64(nullable=True)
    fees_paid_today_quote = _money()
    realized_pnl_today_quote = _money()
    position_base = _money()
    risk_reasons = _text()


class Positions(_Record):
    """One row per account snapshot and pair; `quantity` is signed in base, and 0 where the snapshot says flat."""

    pair = _text(nullable=False)
    quantity = _money(nullable=False)
    entry_price = _money()
    mark_price = _money()
    unrealized_pnl_quote = _money()


class Balances(_Record):
    """One row per account snapshot and token; `total` includes unrealised PnL, which stands apart as well."""

    token = _text(nullable=False)
    total = _money(nullable=False)
    free = _money()
    used = _money()
    unrealized_pnl = _money()


class Events(_Record):
    """One row per event of the stream.

    `line` is its 1-based place in `path`: a line of a file, or the running number of a stream's message. `arrived_at`
    is when the collector took it in, as the source says it, null where it does not; `visible_at` is the later of it
    and `ts`. `id_derived` marks ids made from the content because the source has none; `payload` is its JSON as written, `extra` a JSON object of what else an envelope had.
    """

    line = dy.Int64(nullable=False)
    arrived_at = _time(nullable=True)
    event_id = _text(nullable=False)
    event_type = _text(nullable=False)
    event_version = _text()
    producer = _text()
    controller_id = _text()
    connector_name = _text()
    pair = _text()
    correlation_id = _text()
    id_derived = dy.Bool(nullable=False)
    order_id = _text()
    trade_id = _text()
    payload = _text(nullable=False)
    extra = _text()


class Sources(dy.Schema):
    """One row per source file, bot and export kind: what was there to be read, so that an empty export is still evidence of an export.

    `derived` marks a leg that was computed from another one and proves nothing. `exported_at` is the export's own
    stamp or the one in its name, null where it has neither.
    """

    row_id = _text(nullable=False)
    bot = _text(nullable=False)
    leg = dy.String(nullable=False, check=lambda leg: leg.is_in(LEGS))
    kind = _text(nullable=False)
    path = _text(nullable=False)
    sha256 = _text(nullable=False)
    bytes = dy.Int64(nullable=False)
    rows = dy.Int64(nullable=False)
    quarantined = dy.Int64(nullable=False)
    exported_at = _time(nullable=True)
    visible_at = _time(nullable=True)
    derived = dy.Bool(nullable=False)
    note = _text()


class Quarantine(dy.Schema):
    """One row per record that could not be read: its place, the reason in words, and its raw text."""

    row_id = _text(nullable=False)
    bot = _text()
    leg = _text()
    path = _text(nullable=False)
    line = dy.Int64(nullable=False)
    reason = _text(nullable=False)
    raw = _text(nullable=False)


class Ledger(dy.Schema):
    """One row per part of a source that was taken in with one commit: the account of every record in it.

    A part is `[start, end)` of a source: bytes of an unpacked file, running message numbers of a stream, and 0 to 1
    for a file that is only ever read whole. `generation` counts how often the source was found rewritten, `lines` is
    the number of its last line read so far, `sha256` the digest of its content up to `end`, `cursor` a stream's own
    last id. `context` is the digest of what a desk says of the source: read under another one, it is read again.

    `read` was counted where the records were cut out, `tally` where they went; `unfinished` bytes of a last line
    without its end wait for the writer, and `missed` messages a stream had dropped before they could be read.
    `recorded_at` is the clock's; a part of no records is a follower's heartbeat. Tallies: a null `bot` or `day`
    belongs to a record that nobody could attribute or date.
    """

    row_id = _text(nullable=False)
    path = _text(nullable=False)
    kind = _text(nullable=False)
    leg = dy.String(nullable=False, check=lambda leg: leg.is_in(LEGS))
    generation = dy.Int64(nullable=False)
    start = dy.Int64(nullable=False)
    end = dy.Int64(nullable=False)
    lines = dy.Int64(nullable=False)
    sha256 = _text()
    cursor = _text()
    context = _text(nullable=False)
    size = dy.Int64(nullable=True)
    stat = _text()
    read = dy.Int64(nullable=False)
    unfinished = dy.Int64(nullable=False)
    missed = dy.Int64(nullable=False)
    recorded_at = _time()
    tally = dy.List(
        dy.Struct(
            {
                "bot": _text(),
                "day": dy.Date(nullable=True),
                "type": _text(nullable=False),
                "stored": dy.Int64(nullable=False),
                "known": dy.Int64(nullable=False),
                "quarantined": dy.Int64(nullable=False),
                "conflicts": dy.Int64(nullable=False),
            },
            nullable=False,
        ),
        nullable=False,
    )


class Anchors(dy.Schema):
    """One row per reset of the clock of the 24 h proof: who, why, and from when coverage counts anew."""

    row_id = _text(nullable=False)
    effective_at = _time()
    recorded_at = _time()
    by = _text(nullable=False)
    why = _text(nullable=False)


class Baselines(dy.Schema):
    """One row per freeze an operator recorded: who, why, from when it speaks, and the digests of the configuration.

    `effective_at` is the instant the freeze speaks for, `recorded_at` the clock's when it was entered; `digests` is a
    JSON object of file -> sha256.
    """

    row_id = _text(nullable=False)
    effective_at = _time()
    recorded_at = _time()
    by = _text(nullable=False)
    why = _text(nullable=False)
    digests = _text(nullable=False)


class BreakActions(dy.Schema):
    """One row per thing an operator did about a break: a note, an owner, an acceptance, a claim that it is resolved.

    `told` is what the break said then; an acceptance is of that and lapses where it says something else.
    `effective_at` is the instant the action speaks for, `recorded_at` the clock's when it was entered.
    """

    row_id = _text(nullable=False)
    break_id = _text(nullable=False)
    action = dy.String(nullable=False, check=lambda action: action.is_in(BREAK_ACTIONS))
    text = _text(nullable=False)
    by = _text(nullable=False)
    told = _text()
    effective_at = _time()
    recorded_at = _time()


class BreakSightings(dy.Schema):
    """One row per break and run: there as `told`, or, where `is_there` is false, no longer there.

    `effective_at` is the instant the run spoke for; it decides which run is the later one, and for one instant
    `recorded_at` does.
    """

    row_id = _text(nullable=False)
    break_id = _text(nullable=False)
    is_there = dy.Bool(nullable=False)
    kind = _text(nullable=False)
    bot = _text(nullable=False)
    pair = _text()
    leg = _text(nullable=False)
    ts = _time()
    first_seen = _text(nullable=False)
    severity = _text(nullable=False)
    value_quote = _money()
    told = _text(nullable=False)
    detail = _text(nullable=False)
    effective_at = _time()
    recorded_at = _time()


class Alerts(dy.Schema):
    """One row per break and channel (a digest of its address) that took the alert of it: what the break said then.

    `effective_at` is the instant the run spoke for.
    """

    row_id = _text(nullable=False)
    break_id = _text(nullable=False)
    severity = _text(nullable=False)
    told = _text(nullable=False)
    channel = _text(nullable=False)
    effective_at = _time()
    recorded_at = _time()


class Drills(dy.Schema):
    """One row per drill: which, whether it passed, and its evidence as JSON; `effective_at` is when it was run."""

    row_id = _text(nullable=False)
    drill = _text(nullable=False)
    passed = dy.Bool(nullable=False)
    evidence = _text(nullable=False)
    effective_at = _time()
    recorded_at = _time()


TABLES: dict[str, type[dy.Schema]] = {
    "fills": Fills,
    "orders": Orders,
    "funding": Funding,
    "transfers": Transfers,
    "mids": Mids,
    "snapshots": Snapshots,
    "positions": Positions,
    "balances": Balances,
    "events": Events,
    "sources": Sources,
    "quarantine": Quarantine,
    "ledger": Ledger,
    "baselines": Baselines,
    "anchors": Anchors,
    "break_actions": BreakActions,
    "break_sightings": BreakSightings,
    "drills": Drills,
    "alerts": Alerts,
}
# What operators and the runs record, and the ingestion itself; no source file holds it.
OPERATED = ("baselines", "anchors", "break_actions", "break_sightings", "drills", "alerts")
RECORDED = ("ledger", *OPERATED)

# A sign of life of a bot: it ends a silence and keeps a stream fresh, and is no event of anything that happened.
HEARTBEAT = "heartbeat"

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
)


# What makes two rows of one file the same record: where a later reading tells it differently, it is a new version of
# it. Tables and rows without such a key (a fill without a trade id) only ever have different records.
RECORD_KEYS: dict[str, tuple[str, ...]] = {
    "sources": ("bot", "leg", "path"),
    "fills": ("bot", "leg", "path", "pair", "order_id", "trade_id"),
    "positions": ("bot", "leg", "path", "pair", "ts"),
    "balances": ("bot", "leg", "path", "token", "ts"),
}
# What a stream said of these stays said: two of its events are two statements, whenever they were taken in.
EVERY_EVENT_STANDS = ("fills",)


def digest_rows(
    frame: pl.DataFrame, *, ignore: tuple[str, ...] = ("path", "row_id"), repeats: bool = True
) -> pl.Series:
    """Return a 32-character digest of each row's content, in the frame's order.

    The columns in `ignore` do not count, so the same record read from two files has one digest. With `repeats` equal
    rows of one frame are told apart by their ordinal: two identical rows of one file are two records.
    """
    columns = sorted(set(frame.columns) - set(ignore))
    text = frame.select(
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("\x00") for name in columns], separator="\x1f").alias(
            "text"
        )
    )
    ordinal = pl.int_range(pl.len()).over("text") if repeats else pl.lit(0)
    texts = text.select(pl.concat_str("text", ordinal, separator="\x1e").cast(pl.Binary)).to_series()
    digests = [blake2b(row, digest_size=16).digest() for row in texts.to_list()]
    return pl.Series("row_id", digests, dtype=pl.Binary).bin.encode("hex")
