"""The period report: read from the published days, and written as a folder that is whole or not there."""

import json
import re
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.reports.pages.day_names import published_days
from deskgate.reports.pages.link import INDEX
from deskgate.reports.pages.period_links import PERIOD_JSON, PERIODS
from deskgate.reports.period.days import read_period
from deskgate.reports.period.rendered import as_json, as_markdown, write_period_page
from deskgate.reports.period.report import PeriodReport, report_period
from deskgate.run.begun import show_days
from deskgate.run.day_folder import StagedFolder, locked

__all__ = ["period_report"]

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}")


def period_report(
    desk: Desk, out: Path, first: date | None, last: date | None, bots: Sequence[str] = ()
) -> tuple[PeriodReport, Path]:
    """Write the report of a period under `out`, link it on the index, and return it with its page.

    Parameters
    ----------
    first, last
        The days, both included; None: the first or the last one that is published there.
    bots
        Those to report of; none: all.

    Raises
    ------
    InputError
        No day can be counted, a bot is on none of them, or another run writes there.
    """
    days = published_days(out)
    if not days:
        raise InputError(f"{out}: no day there, expected one that `deskgate daily` made; give that run's --out")
    since, until = first or date.fromisoformat(days[0]), last or date.fromisoformat(days[-1])
    with locked(out):
        report = report_period(read_period(desk.name, out, since, until), bots)
        page = _write(report, StagedFolder(out, f"{PERIODS}/{_name(since, until, bots)}"))
        show_days(out)
    return report, page


def _write(report: PeriodReport, folder: StagedFolder) -> Path:
    """Write the page, the Markdown and the JSON, whole or not at all, and return the page."""
    made = folder.prepare()
    try:
        write_period_page(report, made / INDEX)
        (made / "period.md").write_text(as_markdown(report), encoding="utf-8")
        content = json.dumps(as_json(report), indent=1, ensure_ascii=False)
        (made / PERIOD_JSON).write_text(content + "\n", encoding="utf-8")
        folder.publish()
    finally:
        folder.discard()
    return folder.target / INDEX


def _name(first: date, last: date, bots: Sequence[str]) -> str:
    """Return the folder's name, another one for other bots: their names joined by "-", or a digest of names that do not allow it."""
    if not bots:
        return f"{first}_{last}"
    joined = "-".join(bots)
    # "a-b" may be one bot or two.
    is_plain = _PLAIN.fullmatch(joined) and not any("-" in bot for bot in bots)
    digest = sha256("\0".join(bots).encode(errors="surrogatepass")).hexdigest()[:12]
    return f"{first}_{last}_{joined if is_plain else digest}"
