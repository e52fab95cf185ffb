"""The days that a report looks at: the day itself, the last usable one before it, and the last GO on record.

A day that cannot be used is named with the reason, and never taken for one on which nothing happened.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from deskgate.assessment.artifacts import INPUTS, SETTINGS, SUITES, DayArtifacts
from deskgate.config.digests import SUITE_FILES
from deskgate.config.errors import InputError
from deskgate.config.instants import day_is_over
from deskgate.config.settings import read_keys
from deskgate.gates.decision import decide
from deskgate.gates.evaluation import Verdict, verdicts_frame

if TYPE_CHECKING:
    from deskgate.controls.alerts import Delivery

__all__ = ["DayFiles", "LastGo", "ReportDays", "RunFacts", "titled"]


@dataclass(frozen=True)
class DayFiles:
    """One day's files, each read once.

    `decision` is None of a day whose run has not ended; `stands_as` what it stands as with the sign-offs that it awaited.
    """

    artifacts: DayArtifacts
    decision: Mapping[str, Any] | None = None
    stands_as: str | None = None

    @property
    def date(self) -> date:
        """The UTC day."""
        return self.artifacts.inputs.date

    @property
    def start(self) -> datetime:
        """The instant at which the day began."""
        return datetime.combine(self.date, time(), UTC)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """Its verdicts, in the order of the gates."""
        return self.artifacts.verdicts()

    @cached_property
    def verdict_rows(self) -> pl.DataFrame:
        """Its verdicts, one row each."""
        return verdicts_frame(self.verdicts)

    @cached_property
    def breaks(self) -> pl.DataFrame:
        """Its breaks, as in breaks.csv."""
        return self.artifacts.breaks()

    @property
    def is_readable(self) -> bool:
        """Whether its verdicts and breaks are such as this version writes."""
        try:
            return bool(self.verdicts) and self.breaks is not None
        except (TypeError, KeyError, ValueError, InputError):
            return False

    @property
    def word(self) -> str:
        """The decision, GO where sign-offs made it one; of a day without a decision what its verdicts add up to."""
        if self.decision is not None:
            return self.stands_as or str(self.decision.get("decision"))
        inputs = self.artifacts.inputs
        return str(decide(self.verdicts, provisional=not day_is_over(inputs.date, inputs.as_of)))

    def view(self, name: str, *columns: str) -> pl.DataFrame | None:
        """Return a view with these columns; None where the version that ran the day did not have them."""
        if name not in self.artifacts.view_files:
            return None
        rows = self.artifacts.view(name)
        return rows if set(columns) <= set(rows.columns) else None

    @cached_property
    def settings(self) -> Mapping[str, Mapping[str, str]] | None:
        """File -> key -> value of the configuration, suites included; None where the day has no such record."""
        if self._own_settings is None:
            return None
        suites = json.loads(self.artifacts.read(SUITES))
        return {
            **self._own_settings,
            **{f"{SUITE_FILES}{name}.json": _suite_keys(suite) for name, suite in suites.items()},
        }

    @cached_property
    def _own_settings(self) -> Mapping[str, Mapping[str, str]] | None:
        """The settings without the suites, which take longer to read."""
        if not {SETTINGS, SUITES} <= self.artifacts.digests.keys():
            return None
        kept: dict[str, dict[str, str]] = json.loads(self.artifacts.read(SETTINGS))
        return kept

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """Check -> its title as a reader knows it; a kind of break is called like the check that counts it."""
        return {verdict.check: verdict.title for verdict in self.verdicts}

    @property
    def quote(self) -> str:
        """The currency that the desk counts in; `quote` where the day has no record of it."""
        found = [keys["desk.quote"] for keys in (self._own_settings or {}).values() if "desk.quote" in keys]
        return found[0] if found else "quote"

    @cached_property
    def sources(self) -> pl.DataFrame | None:
        """The source files that the numbers rest on: path, kind, bytes, sha256; None where the day has no list of them."""
        if INPUTS not in self.artifacts.digests:
            return None
        schema = {"path": pl.String, "kind": pl.String, "bytes": pl.Int64, "sha256": pl.String}
        rows = pl.DataFrame(json.loads(self.artifacts.read(INPUTS))["sources"], schema=schema)
        return rows.unique("path", keep="last", maintain_order=True).sort("path")


def _suite_keys(suite: Mapping[str, Any]) -> dict[str, str]:
    # The digest of the file changes with each of its keys.
    return {key: value for key, value in read_keys(suite).items() if key != "sha256"}


@dataclass(frozen=True)
class RunFacts:
    """What a run knows beside the day's files; None is what it does not know yet, or what nobody asked.

    Parameters
    ----------
    replay
        How the second assessment ended, as a sentence.
    incidents
        The open ones, as decision.json has them.
    decision
        The content of decision.json, without the digests of pages.
    notebooks
        Notebook -> why it failed, None of one that ran through.
    stop_alert
        How this run's alert of a STOP was delivered; None where it sent none.
    """

    replay: str | None = None
    incidents: tuple[Mapping[str, Any], ...] | None = None
    decision: Mapping[str, Any] | None = None
    notebooks: Mapping[str, str | None] | None = None
    stop_alert: "Delivery | None" = None


@dataclass(frozen=True)
class LastGo:
    """The last GO on record before a day: its date, what the trail says of it, its files, or why they cannot be used."""

    date: date
    recorded: Mapping[str, Any]
    files: DayFiles | None = None
    problem: str | None = None


@dataclass(frozen=True)
class ReportDays:
    """The day, the last usable one before it (None: there is none), those passed over on the way, and the last GO.

    `trail_problem` is why the audit trail cannot say which decisions were made.
    """

    today: DayFiles
    before: DayFiles | None = None
    passed_over: tuple[str, ...] = ()
    last_go: LastGo | None = None
    trail_problem: str | None = None
    facts: RunFacts = field(default_factory=RunFacts)


def titled(check: pl.Expr, titles: Mapping[str, str]) -> pl.Expr:
    """Return the title of a check or of a kind of break; its own name where no verdict has one."""
    return check.replace_strict(dict(titles), default=check, return_dtype=pl.String)
