"""`DayArtifacts`: what a run computed of one day, written once into the day's folder and read by everything after it.

Notebooks, pages, `deskgate breaks` and `deskgate drill` read these files; in a daily run nothing of the store is read
twice and no fill is matched twice. The manifest, `artifacts.json`, names the files with the digest of each, and a file that
is read has that digest; the folder may be moved. `inputs.json` says what the numbers rest on, the source files included.
All but the manifest are the same bytes wherever, however often and in whichever pieces the same inputs are run.
"""

import io
import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from deskgate.assessment.breaks_file import parse_breaks, write_breaks
from deskgate.config.accounting import Accounting
from deskgate.config.errors import InputError, RunError, did_you_mean
from deskgate.config.policy import Policy
from deskgate.config.risk import RiskSettings
from deskgate.gates.waiver_records import Waiver
from deskgate.intervals.settings import IntervalSettings

if TYPE_CHECKING:
    from deskgate.assessment.assessment import Assessment
    from deskgate.gates.evaluation import Verdict

__all__ = [
    "INPUTS",
    "MANIFEST",
    "PLAN",
    "SETTINGS",
    "SUITES",
    "VERDICTS",
    "DayArtifacts",
    "DayInputs",
    "StoreState",
    "write_artifacts",
    "write_frame",
]

MANIFEST = "artifacts.json"
INPUTS = "inputs.json"
# The bounds that judged, as they were read: suites are changed later.
SUITES = "suites.json"
# The configuration as it was read, key by key and without secrets: files are changed later.
SETTINGS = "settings.json"
VERDICTS = "verdicts.json"
# What an armed run would send for the day.
PLAN = "actions.json"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreState(_Strict):
    """Where the frames were read: the store's location, and the last commit of each table that was read."""

    location: str
    versions: dict[str, int]


class DayInputs(_Strict):
    """What a day's numbers were computed from; decision.json holds the same as its `inputs`.

    `waivers` are those that nobody had revoked at `as_of`, in force or ended; an earlier version of Deskgate had none.
    """

    desk: str
    date: date
    as_of: AwareDatetime
    store: StoreState
    suites: dict[str, str]
    config: dict[str, str]
    intervals: IntervalSettings
    risk: RiskSettings
    policy: Policy | None = None
    waivers: tuple[Waiver, ...] = ()
    accounting: Accounting = Accounting.AVERAGE
    code: str

    def canonical(self) -> dict[str, Any]:
        """Return them as JSON, without where the store lies and how often something was written there."""
        return self.model_dump(mode="json", exclude={"store"})


class DayArtifacts(_Strict):
    """The files of an assessed day, by what they hold. Paths are relative to `folder`.

    `digests` are the sha256 of each by path; an earlier version of Deskgate wrote none.
    """

    folder: Path = Field(exclude=True)
    inputs: DayInputs
    breaks_file: str = "breaks.csv"
    verdicts_file: str = VERDICTS
    metrics_files: dict[str, str]
    view_files: dict[str, str]
    digests: dict[str, str] = {}

    @classmethod
    def open(cls, folder: Path) -> "DayArtifacts":
        """Return the artifacts that lie in a day's folder.

        Raises
        ------
        InputError
            The folder holds no assessed day, or one that another version of Deskgate wrote.
        """
        file = folder / MANIFEST
        try:
            return cls.model_validate({**json.loads(file.read_text(encoding="utf-8")), "folder": folder})
        except OSError as error:
            raise InputError(
                f"{file}: not readable, {error.strerror}, expected a day that has been run; run `deskgate daily` first, or"
                " give its --out"
            ) from error
        except (ValueError, TypeError, ValidationError) as error:
            problem = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise InputError(
                f"{file}: not readable as the manifest of a day, {problem}; run `deskgate daily` for that day again"
            ) from error

    @property
    def files(self) -> list[Path]:
        """All files of the day that are evidence: inputs, suites, metrics, breaks, verdicts and views."""
        names = (self.breaks_file, self.verdicts_file, *self.metrics_files.values(), *self.view_files.values())
        return [self.folder / name for name in dict.fromkeys((*names, *self.digests))]

    def read(self, name: str) -> bytes:
        """Return the content of one of the files, which is what the run wrote.

        Raises
        ------
        InputError
            The file is not there, or was changed.
        """
        file = self.folder / name
        try:
            content = file.read_bytes()
        except OSError as error:
            raise InputError(
                f"{file}: not readable, {error.strerror}; run `deskgate daily` for that day again"
            ) from error
        if self.digests and sha256(content).hexdigest() != self.digests.get(name):
            raise InputError(
                f"{file}: was changed since the run wrote it, expected the digest in {MANIFEST}; run `deskgate daily` for that"
                " day again"
            )
        return content

    def _frame(self, name: str) -> pl.DataFrame:
        content = self.read(name)
        try:
            return pl.read_parquet(io.BytesIO(content))
        except pl.exceptions.PolarsError as error:
            raise InputError(
                f"{self.folder / name}: not readable as Parquet, {error}; run `deskgate daily` for that day again"
            ) from error

    def metrics(self, gate: str | None = None) -> pl.DataFrame:
        """Return the metrics of all gates, or of one: gate, subject, metric, value, sample, note; sorted by the first three."""
        files = self.metrics_files.values() if gate is None else [self.metrics_files[gate]]
        return pl.concat([self._frame(name) for name in files]).sort("gate", "subject", "metric")

    def breaks(self) -> pl.DataFrame:
        """Return the breaks of the day; see `read_breaks`."""
        return parse_breaks(self.read(self.breaks_file), self.folder / self.breaks_file)

    def verdicts(self) -> "list[Verdict]":
        """Return the verdicts of all gates.

        Raises
        ------
        RunError
            The gates of this day have not been evaluated.
        """
        from deskgate.gates.evaluation import parse_verdicts

        file = self.folder / self.verdicts_file
        if not file.is_file():
            raise RunError(f"{file}: not there, expected the verdicts of an evaluated day; run `deskgate daily` again")
        return parse_verdicts(self.read(self.verdicts_file))

    def view(self, name: str) -> pl.DataFrame:
        """Return one view's frame.

        Raises
        ------
        RunError
            The run computed no view of that name.
        """
        if name not in self.view_files:
            known = f"expected one of {len(self.view_files)}{did_you_mean(name, self.view_files)}"
            raise RunError(f"there is no view '{name}' in {self.folder.name}, {known}; correct the notebook")
        return self._frame(self.view_files[name])


def write_artifacts(folder: Path, assessment: "Assessment", views: Mapping[str, pl.DataFrame]) -> DayArtifacts:
    """Write what was computed of a day into `folder`, its verdicts included, the manifest last.

    Parameters
    ----------
    views
        What the notebooks show, by name.
    """
    from deskgate.gates.evaluation import write_verdicts

    gates = {gate: f"metrics/{gate}.parquet" for gate in assessment.suites}
    shown = {name: f"views/{name}.parquet" for name in views}
    for place in ("metrics", "views"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for gate, name in gates.items():
        write_frame(assessment.metrics.filter(pl.col("gate") == gate), folder / name)
    for view, name in shown.items():
        write_frame(views[view], folder / name)
    artifacts = DayArtifacts(folder=folder, inputs=assessment.inputs, metrics_files=gates, view_files=shown)
    write_breaks(assessment.breaks, folder / artifacts.breaks_file)
    write_verdicts(assessment.verdicts, folder / artifacts.verdicts_file)
    _write_json(folder / INPUTS, _rests_on(assessment))
    _write_json(folder / SUITES, {gate: suite.model_dump(mode="json") for gate, suite in assessment.suites.items()})
    _write_json(folder / SETTINGS, assessment.settings)
    written = [*artifacts.files, *(folder / name for name in (INPUTS, SUITES, SETTINGS))]
    digests = {file.relative_to(folder).as_posix(): sha256(file.read_bytes()).hexdigest() for file in written}
    artifacts = artifacts.model_copy(update={"digests": digests})
    _write_json(folder / MANIFEST, artifacts.model_dump(mode="json"))
    return artifacts


def _rests_on(assessment: "Assessment") -> dict[str, Any]:
    """Return what a day's numbers were computed from: its inputs, the source files by name, and what was passed over."""
    digested = pl.col("sha256") != ""
    sources = assessment.case.frames["sources"].filter(digested).select("path", "kind", "bytes", "sha256")
    rows = sources.unique().sort("path", "kind", "sha256")
    return assessment.inputs.canonical() | {
        "sources": rows.to_dicts(),
        "passed_over": dict(sorted(assessment.passed_over.items())),
    }


def write_frame(frame: pl.DataFrame, file: Path) -> None:
    """Write a frame as Parquet; how many pieces it was computed in, which threads decide, does not show in the bytes."""
    frame.rechunk().write_parquet(file)


def _write_json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
