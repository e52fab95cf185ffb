"""Section 6: what there is to go back to, and whether the ways to stop a bot were tried lately."""

from collections.abc import Iterator

import polars as pl

from deskgate.checks.baseline import drift
from deskgate.checks.drills import AGES
from deskgate.config.plural import count_of
from deskgate.config.settings import settings_changes
from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.days import DayFiles, LastGo, ReportDays
from deskgate.reports.daily_report.section import Part, Section, rows_of
from deskgate.reports.daily_report.touched import NO_SETTINGS, without_changed_keys

__all__ = ["rollback_section"]

_SHOWS = (
    "The kill drill shows that a stop reaches the bots, the breach drill that a broken cap calls for the right actions, the drift drill"
    " that a break is found, the alert drill that each channel takes an alert."
)
_KEYS = dict.fromkeys(("file", "key", "now", "after_going_back"), pl.String)
_DRILLS = {
    **dict.fromkeys(("drill", "last_run"), pl.String),
    "age_h": pl.Float64,
    **dict.fromkeys(("bound_h", "status", "reason"), pl.String),
}


def rollback_section(days: ReportDays) -> Section:
    """Return section 6."""
    return Section("rollback", "Rollback status", (_last_go(days), *_way_back(days), _drills(days.today)))


def _last_go(days: ReportDays) -> Part:
    title, go = "The last GO before this day", days.last_go
    if go is None and days.trail_problem:
        return Part(title, (f"Nobody can tell: {days.trail_problem}.",))
    if go is None:
        return Part(title, ("No GO is on record before this day, so there is nothing to go back to.",))
    said = go.recorded
    says = [f"{go.date}, as of {said.get('as_of')}, bundle {str(said.get('bundle_id'))[:12]}."]
    if go.problem:
        return Part(title, (*says, f"Its files cannot be used: {go.problem}. So what it would change is not known."))
    return Part(title, (*says, *_baseline(go)))


def _baseline(go: LastGo) -> Iterator[str]:
    frozen = go.files.view("freezes", "effective_at", "by", "why", "files") if go.files else None
    if frozen is None or frozen.is_empty():
        yield "It has no baseline on record."
        return
    first = frozen.row(0, named=True)
    at = f"{first['effective_at']:%Y-%m-%d %H:%M} UTC"
    yield f"Its baseline: {count_of(first['files'], 'file')}, frozen by {first['by']} as of {at}: {first['why']}."
    images = go.files.view("images", "service", "image") if go.files else None
    if images is not None and images.height:
        named = [
            f"{service} {image}" for service, image in images.sort("service").select("service", "image").iter_rows()
        ]
        yield f"Its images: {', '.join(named)}."


def _way_back(days: ReportDays) -> Iterator[Part]:
    """Yield what going back to the last GO would change, where it can be used."""
    title = "What going back would change"
    if days.last_go and days.last_go.files:
        yield Part(title, *_changes_of(days.today, days.last_go.files), limit=30)


def _changes_of(today: DayFiles, then: DayFiles) -> tuple[tuple[str, ...], pl.DataFrame | None]:
    """Return what is to be said of going back, and the keys that would change."""
    now, was = today.artifacts.inputs.config, then.artifacts.inputs.config
    if then.settings is None or today.settings is None:
        lacking = then if then.settings is None else today
        files = sorted(name for name in now.keys() | was.keys() if now.get(name) != was.get(name))
        listed = f"Files: {', '.join(files)}." if files else "No file of the configuration."
        return (listed, f"{lacking.date} {NO_SETTINGS}."), None
    back = settings_changes(today.settings, then.settings)
    if now == was and not back:
        return ("Nothing: configuration, suites and images are those of that day.",), None
    says = [f"{name} would {'go' if name in now else 'come back'}." for name in sorted(now.keys() ^ was.keys())]
    if changed := drift(now, was).changed:
        says.append(f"Files of other content: {', '.join(changed)}.")
        says += without_changed_keys(changed, today.settings, then.settings, back)
    keys = [(each.file, each.key, each.before, each.now) for each in back]
    return tuple(says), rows_of(_KEYS, keys) if back else None


def _drills(day: DayFiles) -> Part:
    title = "Drills"
    rows = day.verdict_rows.filter(pl.col("check").is_in(list(AGES)))
    if rows.is_empty():
        return Part(
            title, ("No check of this day's suites asks for a drill, so nothing shows that a stop reaches the bots.",)
        )
    dates = day.view("drill_dates", "drill", "ts")
    last = (
        {} if dates is None else dict(dates.select("drill", pl.col("ts").dt.strftime("%Y-%m-%d %H:%M UTC")).iter_rows())
    )
    found = [
        (
            AGES[row["check"]],
            last.get(AGES[row["check"]]),
            row["observed"],
            row["bound"],
            row["status"],
            row["reason"],
        )
        for row in rows.to_dicts()
    ]
    fresh = sum(row[4] == Status.PASS for row in found)
    return Part(title, (f"{fresh} of {len(found)} were run lately enough. {_SHOWS}",), rows_of(_DRILLS, found))
