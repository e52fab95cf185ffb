"""Section 2: which files and services are not as they were in the last run: configuration, suites, images, code, sources."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from deskgate.case.findings import listed
from deskgate.checks.baseline import drift
from deskgate.config.digests import IMAGES
from deskgate.config.plural import count_of
from deskgate.config.settings import Change, settings_changes
from deskgate.reports.daily_report.days import DayFiles, ReportDays
from deskgate.reports.daily_report.section import Part, Section, rows_of

__all__ = ["configuration_part", "source_changes", "touched_section", "without_changed_keys"]

_KEYS = dict.fromkeys(("file", "key", "before", "now"), pl.String)
_IMAGES = dict.fromkeys(("service", "image", "pinned", "before"), pl.String)
_SOURCES = ("lost", "other content", "new", "grown")
CONFIGURATION = "Configuration and suites"
NO_SETTINGS = (
    "was run by a version of Deskgate that kept no values of the configuration, so that only files are compared"
)


def touched_section(days: ReportDays) -> Section:
    """Return section 2; without a day before, what is there now."""
    return Section("touched", "Files and services touched", tuple(_parts(days)))


def _parts(days: ReportDays) -> Iterator[Part]:
    today, before = days.today, days.before
    code = today.artifacts.inputs.code[:12]
    if before is None:
        yield Part(
            CONFIGURATION,
            (f"Nothing to compare with; {count_of(len(today.artifacts.inputs.config), 'file')} counted.",),
        )
    else:
        yield configuration_part(before, today)
    yield _images(before, today)
    if before is None:
        yield Part("Deskgate's own code", (f"Digest {code}.",))
        yield Part("Source files", (_listed_sources(today),))
        return
    was = before.artifacts.inputs.code[:12]
    says = f"The same, digest {code}." if was == code else f"Another one: digest {was} -> {code}. Formulas may differ."
    yield Part("Deskgate's own code", (says,))
    yield _sources(before, today)


def configuration_part(before: DayFiles, today: DayFiles) -> Part:
    """Return what changed in the configuration and the suites, key by key, between two days."""
    title, now = CONFIGURATION, today.artifacts.inputs.config
    moved = drift(before.artifacts.inputs.config, now)
    if not moved.files:
        return Part(title, (f"No change since {before.date}: {count_of(len(now), 'file')} as they were.",))
    says = [f"Since {before.date}: {listed(moved.files)}."]
    if before.settings is None or today.settings is None:
        lacking = before if before.settings is None else today
        return Part(title, (*says, f"{lacking.date} {NO_SETTINGS}."))
    changes = [each for each in settings_changes(before.settings, today.settings) if each.file != IMAGES]
    says += without_changed_keys(moved.changed, before.settings, today.settings, changes)
    rows = rows_of(_KEYS, [(each.file, each.key, each.before, each.now) for each in changes])
    return Part(title, tuple(says), rows if changes else None, limit=30)


def without_changed_keys(
    changed: Sequence[str],
    before: Mapping[str, Mapping[str, str]],
    now: Mapping[str, Mapping[str, str]],
    changes: Sequence[Change],
) -> Iterator[str]:
    """Yield which changed files no changed key tells of: those without kept values, and those whose kept values are the same.

    Parameters
    ----------
    changed
        Files whose digest is another one.
    before, now
        File -> key -> value, as the two days kept them.
    changes
        The keys that changed.
    """
    without = [name for name in changed if name not in before or name not in now]
    if without:
        yield f"No value is kept of {', '.join(without)}, so what changed in it is not listed."
    told = {each.file for each in changes}
    if same := [name for name in changed if name not in without and name not in told]:
        yield f"No value is another one in {', '.join(same)}: comments, prose, order, or secrets, which are not kept."


def _images(before: DayFiles | None, today: DayFiles) -> Part:
    title = "Services and their images"
    now = today.view("images", "service", "image", "pinned")
    if now is None or now.is_empty():
        return Part(title, ("No compose file is named in desk.toml ([deployment] compose), so no image is known.",))
    was = before.view("images", "service", "image", "pinned") if before else None
    rows = now.select("service", "image", "pinned")
    if was is None:
        return Part(title, (), rows)
    both = rows.join(was.select("service", before="image"), on="service", how="full", coalesce=True).sort("service")
    moved = both.filter(pl.col("image").ne_missing(pl.col("before")))
    if moved.is_empty():
        return Part(title, (f"No change since {before.date if before else ''}.",), rows)
    return Part(
        title,
        (f"{count_of(moved.height, 'service')} start from another image.",),
        both.select(list(_IMAGES)),
    )


def _sources(before: DayFiles, today: DayFiles) -> Part:
    title = "Source files"
    if before.sources is None or today.sources is None:
        return Part(title, (f"{(before if before.sources is None else today).date} has no list of its source files.",))
    rows = source_changes(before, today)
    lost = today.view("probes", "kind", "subject", "ok", "says")
    says = [_listed_sources(today)]
    if lost is not None:
        says += [f"Lost: {each}." for each in lost.filter(pl.col("kind") == "files", ~pl.col("ok"))["says"]]
    if rows.is_empty():
        return Part(title, (*says, f"None is new, grown or lost since {before.date}."))
    return Part(title, tuple(says), rows, limit=15)


def source_changes(before: DayFiles, today: DayFiles) -> pl.DataFrame:
    """Return the source files that are new, grown, of other content or gone, by kind: change, kind, files, bytes, examples.

    `bytes` is by how much they grew, `examples` the first three; gone is what the day's records no longer rest on.
    """
    empty = pl.DataFrame(schema={"path": pl.String, "kind": pl.String, "bytes": pl.Int64, "sha256": pl.String})
    was, now = (empty if day.sources is None else day.sources for day in (before, today))
    both = was.join(now, on="path", how="full", coalesce=True, suffix="_now").with_columns(
        kind=pl.coalesce("kind_now", "kind"),
        change=pl.when(pl.col("sha256_now").is_null())
        .then(pl.lit("lost"))
        .when(pl.col("sha256").is_null())
        .then(pl.lit("new"))
        .when(pl.col("sha256") == pl.col("sha256_now"))
        .then(None)
        .when(pl.col("bytes_now") > pl.col("bytes"))
        .then(pl.lit("grown"))
        .otherwise(pl.lit("other content")),
    )
    return (
        both.drop_nulls("change")
        .sort("path")
        .group_by("change", "kind", maintain_order=True)
        .agg(
            files=pl.len().cast(pl.Int64),
            bytes=(pl.col("bytes_now").fill_null(0) - pl.col("bytes").fill_null(0)).sum(),
            examples=pl.col("path").head(3).str.join(", "),
        )
        .sort(pl.col("change").replace_strict(_SOURCES, range(len(_SOURCES)), return_dtype=pl.Int8), "kind")
    )


def _listed_sources(day: DayFiles) -> str:
    if day.sources is None:
        return "The day has no list of its source files."
    return f"The numbers rest on {count_of(day.sources.height, 'file')}, {day.sources['bytes'].sum():,} bytes; inputs.json lists them."
