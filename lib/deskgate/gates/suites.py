"""The suites in expectations/*.json, loaded strictly: what is not understood is refused, never skipped.

Great Expectations itself drops an entry with an unknown type or severity without a word, and calls an empty suite a
success. So every entry is checked here first, without importing it: known type, known severity, bounds in order, a
metric that a check of the gate declares, a title, a why and a what-to-do, and no entry twice.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from deskgate.checks.registry import SPECS, Specs
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.paths import LADDER
from deskgate.config.risk import RiskSettings
from deskgate.gates.bounds import Bounds
from deskgate.intervals.settings import IntervalSettings

__all__ = ["ACTIONS", "TYPE", "Below", "Entry", "Suite", "intervals_of", "load_suites", "no_key_twice", "risk_of"]

T = TypeVar("T")
# The snake case of `deskgate.gates.expectation.ExpectMetricWithinBounds`.
TYPE = "expect_metric_within_bounds"
# What says which entries a suite lacks: a suite without it would say nothing of itself.
FLOOR = "below_floor"
SEVERITIES = ("critical", "warning", "info")
Action = Literal["reduce", "soft_pause", "kill_switch"]
# What a breach may call for, the mildest first.
ACTIONS: tuple[Action, ...] = get_args(Action)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Below(_Strict):
    """What a reader needs to know where a value is under the lower bound."""

    title: Annotated[str, Field(min_length=1)]
    why: Annotated[str, Field(min_length=1)]
    what_to_do: Annotated[str, Field(min_length=1)]


class About(_Strict):
    """What a reader needs to know of an entry.

    `stop` makes its failure a daily stop condition, not a hold. `coverage` says that it measures how much was looked at:
    beyond its bound nothing is wrong, but too little is known. `below` is what to say of a value under the lower bound,
    where that is another finding than one above the upper bound. `action` is what its breach calls for, a failure or a
    value that is not known, and `applies_to` for whom: the verdict's bot, or every live bot of the book.
    """

    entry: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    why: Annotated[str, Field(min_length=1)]
    what_to_do: Annotated[str, Field(min_length=1)]
    stop: bool = False
    coverage: bool = False
    below: Below | None = None
    action: Action | None = None
    applies_to: Literal["bot", "book"] = "book"


class Entry(_Strict):
    """One expectation of a suite."""

    type: Literal["expect_metric_within_bounds"]
    severity: Literal["critical", "warning", "info"]
    kwargs: Bounds
    meta: About

    @model_validator(mode="after")
    def _below_has_a_bound(self) -> "Entry":
        if self.meta.below and self.kwargs.min_value is None:
            raise ValueError("says what is to do below its bounds, and has no min_value")
        return self

    @model_validator(mode="after")
    def _pause_is_a_stop(self) -> "Entry":
        if self.meta.action is not None and self.severity != "critical":
            raise ValueError(f"calls for {self.meta.action} with the severity {self.severity}, expected critical")
        if self.meta.action in ("soft_pause", "kill_switch") and not self.meta.stop:
            raise ValueError(f"calls for {self.meta.action} and is no stop condition, expected stop: true")
        return self

    @model_validator(mode="after")
    def _stop_is_critical(self) -> "Entry":
        if self.meta.stop and self.severity != "critical":
            raise ValueError(f"is a stop condition of severity {self.severity}, expected critical")
        return self


class SuiteMeta(_Strict):
    """What a reader needs to know of a suite; and how the intervals or the risk that it holds against its bounds are measured."""

    title: Annotated[str, Field(min_length=1)]
    notebook: Annotated[str, Field(min_length=1)]
    intervals: IntervalSettings | None = None
    risk: RiskSettings | None = None


class Suite(_Strict):
    """One gate's suite, as it stands in expectations/<name>.json."""

    name: str
    meta: SuiteMeta
    expectations: Annotated[list[Entry], Field(min_length=1)]
    sha256: str = ""

    @model_validator(mode="after")
    def _says_how_intervals_are_made(self) -> "Suite":
        judged = [entry.meta.entry for entry in self.expectations if entry.kwargs.whole_interval]
        if judged and self.meta.intervals is None:
            raise ValueError(f"holds the interval of {judged[0]} against bounds, and has no meta.intervals")
        return self

    def bounds_of(self, metric: str) -> Bounds | None:
        """Return the bounds of a metric, the soft ones where it has hard ones too; None where the suite does not judge it."""
        mine = [entry for entry in self.expectations if entry.kwargs.metric == metric]
        return min(mine, key=lambda entry: entry.meta.stop).kwargs if mine else None


def intervals_of(suites: Mapping[str, Suite]) -> IntervalSettings:
    """Return how intervals are made, as the one suite says that holds some against bounds.

    Raises
    ------
    InputError
        No suite says it, or two do.
    """
    return _the_one("intervals", suites, {name: suite.meta.intervals for name, suite in suites.items()})


def risk_of(suites: Mapping[str, Suite]) -> RiskSettings:
    """Return how the portfolio's risk is measured, as the one suite says that judges it.

    Raises
    ------
    InputError
        No suite says it, or two do.
    """
    return _the_one("risk", suites, {name: suite.meta.risk for name, suite in suites.items()})


def _the_one(key: str, suites: Mapping[str, Suite], said: Mapping[str, T | None]) -> T:
    found = [settings for settings in said.values() if settings is not None]
    if len(found) != 1:
        raise InputError(
            f"meta.{key} is in {len(found)} of the suites {', '.join(suites)}, expected in one; write it in one of them"
        )
    return found[0]


def load_suites(folder: Path, specs: Specs = SPECS) -> dict[str, Suite]:
    """Return the suites of all gates.

    Parameters
    ----------
    folder
        Where the `<gate>.json` files lie.
    specs
        The metrics that the checks of each gate declare.

    Raises
    ------
    InputError
        A suite is missing, is left over, is empty, or has an entry that is not understood.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no suites there, expected one <gate>.json per gate; restore the folder expectations/"
        )
    # The ladder's bounds lie beside the suites and are of no gate.
    files = {file.stem: file for file in sorted(folder.glob("*.json")) if file.name != LADDER}
    for gate in specs:
        if gate not in files:
            raise InputError(
                f"{folder / gate}.json: the gate {gate} has no suite, and a gate without one would pass; write or restore it"
            )
    for name, file in files.items():
        if name not in specs:
            raise InputError(
                f"{file}: no check of checks/registry.py feeds a gate '{name}'{did_you_mean(name, specs)}; rename the file, or add"
                " the check to CHECKS"
            )
    return {gate: _parsed(files[gate].read_bytes(), files[gate], gate, frozenset(specs[gate])) for gate in specs}


# A run asks for its suites, and for Deskgate's own, at several steps.
@lru_cache(maxsize=64)
def _parsed(data: bytes, file: Path, gate: str, metrics: frozenset[str]) -> Suite:
    try:
        raw = json.loads(data, object_pairs_hook=no_key_twice)
    except ValueError as error:
        raise InputError(f"{file}: not readable as JSON, {error}; correct that place") from error
    if isinstance(raw, dict):
        raw.pop("sha256", None)
    try:
        suite = Suite.model_validate(raw).model_copy(update={"sha256": sha256(data).hexdigest()})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"{file}: {_complaint(raw, first['loc'], first['type'], first['msg'], first['input'])}"
        ) from error
    _refuse_what_is_wrong(suite, file, gate, metrics)
    return suite


def _refuse_what_is_wrong(suite: Suite, file: Path, gate: str, metrics: Collection[str]) -> None:
    if suite.name != gate:
        raise InputError(
            f"{file}: the suite is named '{suite.name}', expected '{gate}' like its file; correct the name"
        )
    if FLOOR in metrics and not any(_holds_the_floor(entry) for entry in suite.expectations):
        raise InputError(
            f"{file}: no critical entry holds {FLOOR} to 0, so that nothing would say what the suites leave out; restore"
            " that entry as Deskgate ships it"
        )
    names = Counter(entry.meta.entry for entry in suite.expectations)
    for entry in suite.expectations:
        if entry.kwargs.metric not in metrics:
            hint = did_you_mean(entry.kwargs.metric, metrics)
            raise InputError(
                f"{file}: entry {entry.meta.entry} looks at '{entry.kwargs.metric}', which no check of"
                f" the gate {gate} declares{hint}; correct the name, or add a MetricSpec to the METRICS of the check"
            )
        if names[entry.meta.entry] > 1:
            raise InputError(
                f"{file}: the entry {entry.meta.entry} is there {names[entry.meta.entry]} times, expected once; rename or remove one of them"
            )
    bounds = Counter((entry.kwargs, entry.severity) for entry in suite.expectations)
    for entry in suite.expectations:
        if bounds[entry.kwargs, entry.severity] > 1:
            raise InputError(
                f"{file}: the entry {entry.meta.entry} has the same bounds as another one; remove one of them"
            )


def _holds_the_floor(entry: Entry) -> bool:
    return entry.kwargs.metric == FLOOR and entry.severity == "critical" and entry.kwargs.max_value == 0


def no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object, for `object_pairs_hook`; a key that is there twice is a ValueError."""
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError(f"the key '{min(twice)}' is there twice in one object")
    return dict(pairs)


def _complaint(raw: object, place: tuple[int | str, ...], kind: str, message: str, got: object) -> str:
    """Say what is wrong with a suite in one sentence that names the entry."""
    where = ".".join(str(part) for part in place)
    match place:
        case ("expectations", int(index), *rest) if isinstance(raw, dict):
            name = raw["expectations"][index].get("meta", {}).get("entry", f"number {index + 1}")
            where = f"entry {name}" + (f", {'.'.join(str(part) for part in rest)}" if rest else "")
    last = place[-1] if place else ""
    if last == "type":
        return f"{where}: unknown expectation '{got}'{did_you_mean(str(got), [TYPE])}, known is {TYPE}"
    if last == "severity" and kind == "literal_error":
        return (
            f"{where}: unknown severity '{got}'{did_you_mean(str(got), SEVERITIES)}, known are {', '.join(SEVERITIES)}"
        )
    if kind == "extra_forbidden":
        known = {*Bounds.model_fields, *About.model_fields, *Entry.model_fields, *Suite.model_fields}
        return f"{where}: unknown key{did_you_mean(str(last), known)}; correct or remove it"
    if kind == "missing":
        return f"{where}: missing key; add it"
    if kind == "value_error":
        return f"{where} {message.removeprefix('Value error, ')}; correct it"
    return f"{where}: {message[0].lower()}{message[1:]}, got {got!r}"
