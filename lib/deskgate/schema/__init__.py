"""Schemas of the canonical frames: the one place that says what a fill, an order state or a balance is."""

from deskgate.schema.columns import BOT_LEGS, LEGS
from deskgate.schema.market import ORDER_STATUSES, SIDES
from deskgate.schema.operations import BREAK_ACTIONS
from deskgate.schema.stream import ASIDE, EVENT_TYPES, HEARTBEAT, LIQUIDITY_OPERATION, NOTICE
from deskgate.schema.tables import EVERY_EVENT_STANDS, OPERATED, RECORD_KEYS, RECORDED, TABLES, digest_rows

__all__ = [
    "ASIDE",
    "BOT_LEGS",
    "BREAK_ACTIONS",
    "EVENT_TYPES",
    "EVERY_EVENT_STANDS",
    "HEARTBEAT",
    "LEGS",
    "LIQUIDITY_OPERATION",
    "NOTICE",
    "OPERATED",
    "ORDER_STATUSES",
    "RECORDED",
    "RECORD_KEYS",
    "SIDES",
    "TABLES",
    "digest_rows",
]
