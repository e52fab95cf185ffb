"""The part of a day's page that shows what a bot's own record says and nothing confirms."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from markupsafe import Markup

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.reports.own_record_lines import own_record_lines
from deskgate.reports.pages.svg import draw
from deskgate.reports.pages.wording import Cell
from deskgate.reports.palette import UNCONFIRMED
from deskgate.reports.tables import table

__all__ = ["OwnRecordPart", "own_record_part"]

_MARK = Cell("not confirmed", *UNCONFIRMED)
# View -> its title, in the order to show.
_TABLES = {"own_record": "Numbers", "own_record_orders": "Orders by state", "own_record_fills": "Newest fills"}
# A day's page shows what the newest fills look like; the store and notebook 03 have them.
_NEWEST, _ROWS = 20, 200


@dataclass(frozen=True)
class OwnRecordPart:
    """A sentence for each bot, the chart of PnL (empty where there is none) and (title, HTML) of each table."""

    mark: Cell
    says: tuple[str, ...]
    chart: Markup
    tables: tuple[tuple[str, str], ...]


def own_record_part(folder: Path) -> OwnRecordPart | None:
    """Return what a page shows of a day's folder; None where every fill is confirmed, or an earlier version ran the day.

    Raises
    ------
    InputError
        A view was changed since the run wrote it.
    """
    if not (folder / MANIFEST).is_file():
        return None
    artifacts = DayArtifacts.open(folder)
    if "own_record_bots" not in artifacts.view_files:
        return None
    bots = artifacts.view("own_record_bots")
    if bots.is_empty():
        return None
    frames = {name: artifacts.view(name) for name in _TABLES}
    tables = tuple(
        (f"{title}: {_MARK.text}", table(frames[name], limit=_NEWEST if name == "own_record_fills" else _ROWS).html)
        for name, title in _TABLES.items()
        if frames[name].height
    )
    return OwnRecordPart(_MARK, own_record_lines(bots), _chart(artifacts.view("own_record_pnl")), tables)


def _chart(pnl: pl.DataFrame) -> Markup:
    if pnl.is_empty():
        return Markup()
    # Altair takes more than a second to import, and most days have nothing to draw here.
    from deskgate.reports.charts.lines import own_record_lines as lines

    return draw(lines(pnl).to_dict(), "own-record")
