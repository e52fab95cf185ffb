"""How bots stand on the ladder, as decision.json has it, for people: a table, and Markdown for a pull request."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from deskgate.gates.ladder.rule import Says
from deskgate.reports.gate_report import cell

__all__ = ["NO_RUNG", "goes_down", "ladder_frame", "ladder_markdown"]

NO_RUNG = "No bot declares a rung; add [bots.NAME.rung] with name, since and by to desk.toml to see what each one needs to move on"
# In one line of a table; the Markdown has all.
SENTENCES = 3
_SCHEMA = pl.Schema({name: pl.String() for name in ("bot", "rung", "since", "by", "says", "days", "why")})


def goes_down(ladder: Sequence[Mapping[str, Any]]) -> str:
    """Return which bots go down, from where to where, in one line; empty where none does."""
    down = [f"{each['bot']} from {each['rung']}{_to(each)}" for each in ladder if each.get("says") == str(Says.DOWN)]
    return f"By the ladder these go down: {'; '.join(down)} (why: `deskgate ladder`)" if down else ""


def ladder_frame(ladder: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return one row a bot: bot, rung, since, by, says (and where to), days (that count, about how many more), why."""
    return pl.DataFrame([_row(each) for each in ladder], schema=_SCHEMA, orient="row")


def ladder_markdown(title: str, ladder: Sequence[Mapping[str, Any]]) -> str:
    """Return a heading, a line a bot, and below it what is missing and which days do not count."""
    lines = [f"## {title}"]
    for each in ladder:
        bot, rung, since, by, says, days, _ = _row(each)
        lines += ["", f"- **{cell(bot)}** {rung} since {since} ({cell(by)}): **{says}**; {days}"]
        lines += [f"  - {missing['status']}: {cell(missing['sentence'])}" for missing in each["missing"]]
        lines += [f"  - {cell(text)}" for text in (*each["gaps"], *each["notes"])]
    return "\n".join(lines if ladder else [*lines, "", NO_RUNG])


def _row(each: Mapping[str, Any]) -> tuple[str, ...]:
    to = _to(each) if each["says"] != str(Says.STAYS) else ""
    days, more = each["days"], each["days"]["more"]
    counted = f"{days['counting']} count, {days['trading']} with fills, {days['calendar']} calendar days"
    wait = f"; about {more} more" if more else ""
    said = [missing["sentence"] for missing in each["missing"]] or [*each["notes"]]
    rest = len(said) - SENTENCES
    why = [*said[:SENTENCES], *([f"and {rest} more, see `deskgate ladder --markdown`"] if rest > 0 else [])]
    since = each["since"].removesuffix("T00:00:00Z")
    return each["bot"], each["rung"], since, each["by"], f"{each['says']}{to}", f"{counted}{wait}", "; ".join(why)


def _to(each: Mapping[str, Any]) -> str:
    return f" to {' or '.join(each['to'])}" if each["to"] else ""
