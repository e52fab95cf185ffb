"""The cards of a day's page: one a gate with its last days, one a bot with its rung, its equity and what it needs.

Both show what the verdicts, the decision and the days before have; nothing is judged here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import Markup

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.config.plural import count_of, plural
from deskgate.gates.verdict_rows import blocks, unsettled
from deskgate.reports.daily_report.days import DayFiles
from deskgate.reports.pages.banner import objects
from deskgate.reports.pages.link import Link
from deskgate.reports.pages.recent_days import RecentDay
from deskgate.reports.pages.rungs import DOWN, goes_down, where_to
from deskgate.reports.pages.small_charts import day_strip, line
from deskgate.reports.pages.wording import NOTHING, REMARKED, Cell, amount, shown
from deskgate.reports.palette import STATUSES

__all__ = ["BotCard", "GateCard", "bot_cards", "gate_cards"]

_NO_RUNG = "no rung is declared in desk.toml"
_STATUS_ORDER = tuple(STATUSES)


@dataclass(frozen=True)
class GateCard:
    """A gate: how it stands, in how many checks, the strip of its last days with a sentence, and its notebook's page."""

    title: str
    href: str | None
    status: Cell
    counted: str
    strip: Markup
    history: str


@dataclass(frozen=True)
class BotCard:
    """A bot: `worst` is its worst verdict as a sentence, `needs` what it lacks to move on or, where it `goes_down`, why.

    `equity` is a dash where it is not known, with `why`; of a disabled bot it is empty.
    """

    name: str
    mode: str
    status: Cell
    worst: str
    rung: str
    needs: str
    equity: str
    why: str
    curve: Markup
    goes_down: bool = False

    @property
    def tone(self) -> str:
        """The colour of the card: that of its verdicts, of a bot that goes down at least a warning's."""
        return DOWN.colour if self.goes_down and self.status.colour != "fail" else self.status.colour


def gate_cards(
    verdicts: pl.DataFrame, days: Sequence[RecentDay], titles: Mapping[str, str], pages: Mapping[str, Link]
) -> list[GateCard]:
    """Return a card a gate, those that block first.

    Parameters
    ----------
    verdicts
        One row per verdict; gates stand in the order of their first ones.
    titles
        Gate -> its title; one that is not among them goes by its name.
    pages
        Gate -> the page that shows it, where there is one.
    """
    if verdicts.is_empty():
        return []
    cards = [
        _gate_card(gate, rows, days, titles.get(gate, gate), pages.get(gate))
        for (gate,), rows in verdicts.group_by("gate", maintain_order=True)
        if isinstance(gate, str)
    ]
    return [card for _, card in sorted(cards, key=lambda each: each[0])]


def _gate_card(
    gate: str, rows: pl.DataFrame, days: Sequence[RecentDay], title: str, page: Link | None
) -> tuple[int, GateCard]:
    rank, status = _standing(rows)
    blocking = rows.filter(blocks()).height
    critical = rows.filter(pl.col("severity") == "critical").height
    counted = _blocking(blocking, critical)
    remarks = rows.filter(unsettled() & (pl.col("severity") != "critical")).height
    if remarks:
        counted += f", {count_of(remarks, 'remark')}"
    cells = [(day.date, day.gates.get(gate, "") if day.word else "") for day in days]
    return rank, GateCard(
        title, page.href if page else None, status, counted, day_strip(cells), _history([word for _, word in cells])
    )


def _blocking(blocking: int, critical: int) -> str:
    checks = count_of(critical, "check")
    if not blocking:
        return f"{checks}, none blocks" if critical != 1 else f"{checks}, which does not block"
    return f"{blocking} of {checks} block{'s' if blocking == 1 else ''}"


def _history(words: Sequence[str]) -> str:
    known = [word for word in words if word]
    waived = known.count("WAIVED")
    bad = len(known) - waived - known.count("PASS")
    days = count_of(len(known), "day")
    by = f"by a waiver on {waived}{'' if bad else f' of {days}'}" if waived else ""
    if len(known) <= 1:
        return f"no other of the last {len(words)} days is known"
    if bad:
        return f"blocked on {bad} of {days}" + (f", {by}" if by else "")
    return f"passed {by}" if by else f"passed on {days}"


def bot_cards(
    decision: Mapping[str, object], verdicts: pl.DataFrame, days: Sequence[RecentDay], artifacts: DayArtifacts | None
) -> list[BotCard]:
    """Return a card a bot, the worst first; a disabled one is said to be not judged."""
    modes = decision.get("bots")
    ladder = {str(each.get("bot")): each for each in objects(decision.get("ladder"))}
    money = _money(artifacts)
    cards = [
        _bot_card(str(name), str(mode), verdicts, ladder.get(str(name)), money.get(str(name), {}), days)
        for name, mode in (modes.items() if isinstance(modes, Mapping) else ())
    ]
    return [card for _, card in sorted(cards, key=lambda each: (each[0], each[1].name))]


def _bot_card(
    name: str,
    mode: str,
    verdicts: pl.DataFrame,
    rung: Mapping[str, Any] | None,
    money: Mapping[str, Any],
    days: Sequence[RecentDay],
) -> tuple[int, BotCard]:
    if mode == "disabled":
        return len(_STATUS_ORDER) * 2, BotCard(name, mode, Cell("not judged"), "", "", "", "", "", Markup())
    rows = verdicts if verdicts.is_empty() else verdicts.filter(pl.col("subject") == name)
    rank, status = _standing(rows)
    equity = money.get("equity")
    known = [day.equity.get(name) for day in days]
    down = rung is not None and goes_down(rung)
    card = BotCard(
        name,
        mode,
        status,
        _worst(rows),
        *_rung(rung),
        amount(equity) if isinstance(equity, float) else NOTHING,
        "" if isinstance(equity, float) else str(money.get("because") or "nothing says what it is worth"),
        _curve(name, known, days),
        down,
    )
    # One that goes down stands before those of which all is well.
    return min(rank, len(_STATUS_ORDER)) if down else rank, card


def _worst(rows: pl.DataFrame) -> str:
    if rows.is_empty():
        return "nothing was judged of it"
    order = pl.col("status").replace_strict(_STATUS_ORDER, range(len(_STATUS_ORDER)), default=0, return_dtype=pl.Int8)
    found = rows.filter(unsettled()).sort(~blocks(), ~pl.col("stop").fill_null(value=False), order, maintain_order=True)
    if found.is_empty():
        waived = rows.filter(pl.col("status") == "WAIVED").height
        return f"all {count_of(rows.height, 'check passes', 'checks pass')}" + (
            f", {waived} of them by a waiver" if waived else ""
        )
    title, more = str(found["title"][0]), f", and {found.height - 1} more" if found.height > 1 else ""
    return f"{title}{more}" if found.filter(blocks()).height else f"only remarked: {title}{more}"


def _standing(rows: pl.DataFrame) -> tuple[int, Cell]:
    """Return the rank of the worst verdict, and how it reads: what blocks first, then what is only remarked."""
    blocking = rows.filter(blocks()) if rows.height else rows
    if blocking.height:
        status = "FAIL" if (blocking["status"] != "INSUFFICIENT").any() else "INSUFFICIENT"
        cell = shown(status, "status")
        if status == "FAIL" and blocking.filter("stop", pl.col("status") == "FAIL").height:
            return 0, Cell("stop", cell.sign, cell.colour)
        return 1 + _STATUS_ORDER.index(status), cell
    if rows.is_empty():
        return len(_STATUS_ORDER), Cell("not judged", "?", "insufficient")
    if (rows["status"] == "WAIVED").any():
        return len(_STATUS_ORDER) + 1, shown("WAIVED", "status")
    # Where nothing critical was judged, a remark is all that is known: no pass.
    if not (rows["severity"] == "critical").any() and rows.filter(unsettled()).height:
        return len(_STATUS_ORDER), REMARKED
    return len(_STATUS_ORDER) + 1, shown("PASS", "status")


def _rung(said: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return a bot's rung and what it needs to move on, each as a sentence."""
    if said is None:
        return _NO_RUNG, ""
    since = str(said.get("since"))[:10]
    return f"{said.get('rung')} since {since}: {said.get('says')}{where_to(said)}", "; ".join(_needs(said))


def _needs(said: Mapping[str, Any]) -> Iterator[str]:
    missing = objects(said.get("missing"))
    if missing:
        yield str(missing[0].get("sentence"))
    if len(missing) > 1:
        yield f"and {len(missing) - 1} more"
    days = said.get("days")
    if isinstance(days, Mapping) and days.get("more"):
        yield f"about {days['more']} more {plural(days['more'], 'day')}"


def _money(artifacts: DayArtifacts | None) -> dict[str, dict[str, Any]]:
    rows = DayFiles(artifacts).view("risk_bots", "bot", "equity", "because") if artifacts else None
    return {} if rows is None else {row["bot"]: row for row in rows.iter_rows(named=True)}


def _curve(name: str, known: Sequence[float | None], days: Sequence[RecentDay]) -> Markup:
    first = next((n for n, value in enumerate(known) if value is not None), None)
    if first is None:
        return Markup()
    values = [value for value in known if value is not None]
    label = (
        f"equity of {name} at the end of {count_of(len(values), 'day')} from {days[first].date} on:"
        f" {amount(values[0])}, at least {amount(min(values))}, at most {amount(max(values))}, at last {amount(values[-1])}"
    )
    return line(known[first:], label) if len(values) > 1 else Markup()
