"""What a run records of the openings that accounts' first snapshots stand for: each once, so that a later run sees another one."""

from datetime import datetime

from deskgate.audit.trail import Trail
from deskgate.case.case import Case
from deskgate.config.instants import ALWAYS
from deskgate.store.tables import Store

__all__ = ["record_openings"]


def record_openings(store: Store, trail: Trail, case: Case, recorded_at: datetime) -> None:
    """Record the opening of each bot that opens at its account's first snapshot, where none of that account is on record."""
    opened = [bot for bot in case.desk.judged if bot.opens_at_first_snapshot and bot.opening]
    if not opened:
        return
    there = set(store.lazy("openings", store.pin(), ALWAYS).select("bot", "account").collect().iter_rows())
    rows = [
        {
            "bot": bot.name,
            "account": account,
            "opening": bot.opening.model_dump_json(),
            "effective_at": bot.opening.at,
            "recorded_at": recorded_at,
        }
        for bot in opened
        for account in bot.account
        if bot.opening and (bot.name, account) not in there
    ]
    if rows:
        trail.write(store, "openings", rows, recorded_at)
