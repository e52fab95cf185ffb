"""The suites in expectations/*.json, loaded strictly: what is not understood is refused, never skipped.

Great Expectations itself drops an entry with an unknown type or severity without a word, and calls an empty suite a
success. So every entry is checked here first, without importing it: known type, known severity, bounds in order, a
metric that some check measures, a title, a unit, a why and a what-to-do, and no entry twice.
"""

import json
from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from deskgate.config.errors import InputError, did_you_mean

__all__ = ["Entry", "Suite", "load_suites"]

BETWEEN = "expect_column_values_to_be_between"
TYPES = (BETWEEN,)
SEVERITIES = ("critical", "warning", "info")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bounds(_Strict):
    """The bounds of one entry, in the metric's unit; inclusive unless strict."""

    column: str
    min_value: float | None = None
    max_value: float | None = None
    strict_min: bool = False
    strict_max: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> "Bounds":
        if self.min_value is None and self.max_value is None:
            raise ValueError("has neither min_value nor max_value, so it would pass on anything")
        if self.min_value is not None and self.max_value is not None and self.min_value > self.max_value:
            raise ValueError(
                f"has min_value {self.min_value:g} above max_value {self.max_value:g}, so nothing could pass"
            )
        return self

    def __str__(self) -> str:
        """Return the bounds as a reader writes them: `<= 0.03`, `0.99 .. 1`."""
        low, high = self.min_value, self.max_value
        if low is not None and high is not None:
            return f"= {low:g}" if low == high else f"{low:g} .. {high:g}"
        if low is not None:
            return f"{'>' if self.strict_min else '>='} {low:g}"
        return f"{'<' if self.strict_max else '<='} {high:g}"


class About(_Strict):
    """What a reader needs to know of an entry.

    `stop` makes its failure a daily stop condition, not a hold. `coverage` says that it measures how much was looked at:
    beyond its bound nothing is wrong, but too little is known.
    """

    entry: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    unit: str
    why: Annotated[str, Field(min_length=1)]
    what_to_do: Annotated[str, Field(min_length=1)]
    stop: bool = False
    coverage: bool = False
    min_sample: Annotated[int, Field(ge=0)] = 0


class Entry(_Strict):
    """One expectation of a suite."""

    type: Literal["expect_column_values_to_be_between"]
    severity: Literal["critical", "warning", "info"]
    kwargs: Bounds
    meta: About

    @model_validator(mode="after")
    def _stop_is_critical(self) -> "Entry":
        if self.meta.stop and self.severity != "critical":
            raise ValueError(f"is a stop condition of severity {self.severity}, expected critical")
        return self


class SuiteMeta(_Strict):
    """What a reader needs to know of a suite."""

    title: Annotated[str, Field(min_length=1)]
    notebook: Annotated[str, Field(min_length=1)]


class Suite(_Strict):
    """One gate's suite, as it stands in expectations/<name>.json."""

    name: str
    meta: SuiteMeta
    expectations: Annotated[list[Entry], Field(min_length=1)]
    sha256: str = ""


def load_suites(folder: Path, known: Mapping[str, Collection[str]]) -> dict[str, Suite]:
    """Return the suites of all gates.

    Parameters
    ----------
    folder
        Where the `<gate>.json` files lie.
    known
        The metrics that the checks of each gate measure.

    Raises
    ------
    InputError
        A suite is missing, is left over, is empty, or has an entry that is not understood.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no suites there, expected one <gate>.json per gate; restore the folder expectations/"
        )
    files = {file.stem: file for file in sorted(folder.glob("*.json"))}
    for gate in known:
        if gate not in files:
            raise InputError(
                f"{folder / gate}.json: the gate {gate} has no suite, and a gate without one would pass; restore it"
            )
    for name, file in files.items():
        if name not in known:
            raise InputError(
                f"{file}: no gate is called '{name}'{did_you_mean(name, known)}; rename or remove the file"
            )
    return {gate: _load(files[gate], gate, known[gate]) for gate in known}


def _load(file: Path, gate: str, metrics: Collection[str]) -> Suite:
    data = file.read_bytes()
    try:
        raw = json.loads(data, object_pairs_hook=_no_key_twice)
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
    if suite.name != gate:
        raise InputError(
            f"{file}: the suite is named '{suite.name}', expected '{gate}' like its file; correct the name"
        )
    names = [entry.meta.entry for entry in suite.expectations]
    for entry in suite.expectations:
        if entry.kwargs.column not in metrics:
            hint = did_you_mean(entry.kwargs.column, metrics)
            raise InputError(
                f"{file}: entry {entry.meta.entry} looks at '{entry.kwargs.column}', which no check measures{hint}"
            )
        if names.count(entry.meta.entry) > 1:
            raise InputError(
                f"{file}: the entry {entry.meta.entry} is there {names.count(entry.meta.entry)} times, expected once"
            )
    bounds = [(entry.kwargs, entry.severity) for entry in suite.expectations]
    for entry in suite.expectations:
        if bounds.count((entry.kwargs, entry.severity)) > 1:
            raise InputError(
                f"{file}: the entry {entry.meta.entry} has the same bounds as another one; remove one of them"
            )
    return suite


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
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
        return f"{where}: unknown expectation '{got}'{did_you_mean(str(got), TYPES)}, known are {', '.join(TYPES)}"
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
