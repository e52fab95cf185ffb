"""What every canonical row carries, and the column types they are made of."""

import dataframely as dy

__all__ = ["BOT_LEGS", "LEGS", "Record", "decimal", "instant", "string"]

# The legs that one process, the bot, writes.
BOT_LEGS = ("local", "events")
LEGS = (*BOT_LEGS, "exchange")


def instant(*, nullable: bool = False) -> dy.Datetime:
    """Return a column of UTC instants with microseconds."""
    return dy.Datetime(nullable=nullable, time_unit="us", time_zone="UTC")


def decimal(*, nullable: bool = True) -> dy.Decimal:
    """Return a column of money, prices or quantities."""
    return dy.Decimal(38, 18, nullable=nullable)


def string(*, nullable: bool = True) -> dy.String:
    """Return a column of text."""
    return dy.String(nullable=nullable)


class Record(dy.Schema):
    """What every canonical row carries: its identity, its bot, its leg, its times and where it was read."""

    row_id = string(nullable=False)
    bot = string(nullable=False)
    leg = dy.String(nullable=False, check=lambda leg: leg.is_in(LEGS))
    ts = instant()
    visible_at = instant()
    path = string(nullable=False)
