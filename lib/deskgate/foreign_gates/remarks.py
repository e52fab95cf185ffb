"""What of a desk's reports was not judged, for a reader to look at: statuses that nobody knows, names that no bot can have."""

from collections.abc import Iterator

from deskgate.foreign_gates.passes import whole_status
from deskgate.foreign_gates.reason import list_in, mappings_in
from deskgate.foreign_gates.reports import ForeignDesk, Report, is_bot_name
from deskgate.foreign_gates.status_words import meaning, part_status

__all__ = ["remarks"]

# Reports of these kinds say nothing as a whole: they are read for others.
_WITHOUT_STATUS = ("exchange_snapshot", "source_compare", "baseline_counts", "integrity", "alert_mark")


def remarks(desk: ForeignDesk) -> list[str]:
    """Return one sentence for each status and each name of a bot in a desk's reports that is not understood."""
    return [says for report in desk.reports for says in (*_statuses(report), *_names(report))]


def _statuses(report: Report) -> Iterator[str]:
    if report.kind in _WITHOUT_STATUS:
        return
    name, status = whole_status(report)
    said = {name: status}
    checks = report.content.get("checks")
    if isinstance(checks, dict):
        said |= {f"checks[{key}]": part_status(each) for key, each in checks.items()}
    said |= {f"checks[{each.get('name')}]": part_status(each) for each in mappings_in(report.content, "checks")}
    said |= {f"bots[{each.get('bot')}]": part_status(each) for each in mappings_in(report.content, "bots")}
    for place, value in said.items():
        if meaning(value) is None:
            yield f"{report.path}: {place} = {value!r}, status not understood, expected pass or fail; passed over"


def _names(report: Report) -> Iterator[str]:
    named = {
        "risk_scope_bots": list_in(report.content, "risk_scope_bots"),
        "accounting_snapshots": [each.get("bot") for each in mappings_in(report.content, "accounting_snapshots")],
    }
    for place, bots in named.items():
        for bot in bots:
            if not isinstance(bot, str) or not is_bot_name(bot):
                yield f"{report.path}: {place} names {bot!r}, which is no name of a bot; its minutes are not looked for"
