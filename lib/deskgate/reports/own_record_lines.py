"""What is said of each bot whose fills no second leg confirms: one sentence a bot, the same on every page."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from deskgate.config.plural import count_of

__all__ = ["own_record_lines"]


def own_record_lines(bots: pl.DataFrame) -> tuple[str, ...]:
    """Return a sentence for each bot.

    Parameters
    ----------
    bots
        Rows of the view `own_record_bots`.
    """
    return tuple(map(_line, bots.sort("bot").iter_rows(named=True)))


def _line(row: Mapping[str, Any]) -> str:
    if not row["is_shown"]:
        return (
            f"{row['bot']}: {row['not_confirmed']:,} of its fills are not confirmed, {row['agreed']:,} are. Only what is confirmed counts;"
            " notebook 03 lists the breaks."
        )
    if not row["not_confirmed"]:
        return f"{row['bot']}: its record has no fill yet ({row['because']})."
    says = (
        f"{row['bot']}: {row['mark']}: {count_of(row['not_confirmed'], 'fill', spec=',')}. {_sentence(row['because'])}."
    )
    since = row["counted_from"]
    from_opening = (
        f"the opening in desk.toml, {since:%Y-%m-%d %H:%M} UTC"
        if since
        else "its first fill, with nothing held before it"
    )
    why = row["not_booked"]
    return f"{says} {f'It has no PnL: {why}.' if why else f'PnL is counted from {from_opening}.'}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")
