"""expectations/ladder.json, loaded strictly: the one place of the ladder's bounds.

It is no suite of a gate: nothing in it makes a day GO, HOLD or STOP. A desk with suites of its own may keep its own copy beside them,
else Deskgate's is used. What is not understood is refused, never skipped.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from deskgate.config.errors import InputError, complaint, did_you_mean
from deskgate.config.paths import SUITES, ladder_file
from deskgate.config.rung import Rung
from deskgate.config.strict import Strict
from deskgate.gates.bounds import Bounds
from deskgate.gates.ladder.figures import METRICS, OF_DAYS
from deskgate.gates.ladder.milder import milder_than
from deskgate.gates.suites import no_key_twice
from deskgate.intervals.sharpe import LEAST_RETURNS

__all__ = ["NEXT", "Days", "Ladder", "Need", "RungRules", "SharpeSettings", "load_ladder"]

# Where each rung may lead: none is skipped on the way to size.
NEXT: Mapping[Rung, frozenset[Rung]] = {
    Rung.PAPER: frozenset({Rung.TESTNET, Rung.MICRO}),
    Rung.TESTNET: frozenset({Rung.MICRO}),
    Rung.MICRO: frozenset({Rung.SIZE}),
    Rung.SIZE: frozenset(),
}
_ORDER = tuple(Rung)
# What counts days; one of them has to be asked for on each rung that leads on.
_OF_DAYS = ("days", "trading_days")
_Text = Annotated[str, Field(min_length=1)]
_Window = Annotated[int, Field(ge=1, le=400)]


class Need(Bounds):
    """What a metric of the ladder has to be."""

    title: _Text
    why: _Text


class Days(Strict):
    """What becomes of a day that is not plainly a good one of the bot's.

    `skip`: it does not count; `restart`: nor does any before it; `count`: it counts all the same. `hold` and `stop` are of the desk's
    decision where verdicts of other bots alone block; `blocked` where one of the bot or of the portfolio does, or a sign-off is lacking.
    `other_config` is a day with other files of the bot's `config` than now: the record of another strategy. `undeclared` is a day on which desk.toml declared no rung of the bot.
    """

    absent: Literal["skip", "restart"]
    unjudged: Literal["skip", "restart"]
    other_rung: Literal["skip", "restart"]
    other_config: Literal["skip", "restart"]
    undeclared: Literal["skip", "restart"]
    blocked: Literal["skip", "restart"]
    hold: Literal["count", "skip", "restart"]
    stop: Literal["count", "skip", "restart"]


class SharpeSettings(Strict):
    """How the interval of the Sharpe ratio is made."""

    confidence: Annotated[float, Field(ge=0.5, lt=1)]
    draws: Annotated[int, Field(ge=100, le=100_000)]
    seed: Annotated[int, Field(ge=0)]


class RungRules(Strict):
    """What a rung asks: `needs` over the last `over_days` for the `next` one, `keeps` over `keeps_over_days` not to go `back_to`."""

    next: list[Rung] = Field(default_factory=list)
    over_days: _Window | None = None
    needs: list[Need] = Field(default_factory=list)
    back_to: list[Rung] = Field(default_factory=list)
    keeps_over_days: _Window | None = None
    keeps: list[Need] = Field(default_factory=list)


class _Meta(Strict):
    title: _Text
    why: _Text


class Ladder(Strict):
    """The ladder's rules, as the file has them; `sha256` is the file's, `milder` are its keys that ask less than Deskgate's."""

    name: Literal["ladder"]
    meta: _Meta
    days: Days
    least_known: Annotated[float, Field(gt=0, le=1)]
    least_days_share: Annotated[float, Field(gt=0, le=1)]
    sharpe: SharpeSettings
    rungs: dict[Rung, RungRules]
    sha256: str = ""
    milder: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _rungs_are_whole(self) -> "Ladder":
        for rung in Rung:
            if rung not in self.rungs:
                raise ValueError(f"rungs.{rung} is missing, expected each of {', '.join(Rung)}")
            for wrong in _wrong(rung, self.rungs[rung]):
                raise ValueError(f"rungs.{rung} {wrong}")
        return self

    @property
    def longest(self) -> int:
        """The most days that any rung looks back."""
        spans = [span for rung in self.rungs.values() for span in (rung.over_days, rung.keeps_over_days)]
        return max(span or 1 for span in spans)


def _wrong(rung: Rung, rules: RungRules) -> Iterator[str]:
    """Yield what is wrong with the rules of a rung."""
    if beyond := [to for to in rules.next if to not in NEXT[rung]]:
        known = " or ".join(to for to in Rung if to in NEXT[rung]) or "none"
        yield f"leads to {beyond[0]}, expected {known}: no rung is skipped"
    leads = bool(NEXT[rung])
    if {bool(rules.next), bool(rules.needs), bool(rules.over_days)} != {leads}:
        yield f"has to have {'all' if leads else 'none'} of next, needs and over_days"
    if len({bool(rules.back_to), bool(rules.keeps), bool(rules.keeps_over_days)}) > 1:
        yield "has only some of back_to, keeps and keeps_over_days, expected all of them or none"
    if above := [to for to in rules.back_to if _ORDER.index(to) >= _ORDER.index(rung)]:
        yield f"goes back to {above[0]}, expected a lower rung"
    for name, listed in (("needs", rules.needs), ("keeps", rules.keeps)):
        yield from _wrong_metrics(name, [need.metric for need in listed])
    yield from _unreachable(rules)
    if leads:
        yield from _wrong_days(rules)


def _wrong_metrics(name: str, metrics: list[str]) -> Iterator[str]:
    for metric, times in Counter(metrics).items():
        if metric not in METRICS:
            yield f"asks for '{metric}'{did_you_mean(metric, METRICS)}, expected one of {', '.join(METRICS)}"
        if times > 1:
            yield f"has {metric} {times} times in {name}, expected once"


def _unreachable(rules: RungRules) -> Iterator[str]:
    """Yield the needs that nothing can decide, whatever a bot does."""
    for name, needs, days in (("needs", rules.needs, rules.over_days), ("keeps", rules.keeps, rules.keeps_over_days)):
        for need in needs:
            if need.whole_interval and need.metric != "sharpe":
                yield f"asks in {name} for the whole interval of {need.metric}, which has none; expected it of sharpe alone"
            if need.metric in OF_DAYS and need.min_sample > (days or 0):
                yield f"asks in {name} for {need.metric} of {need.min_sample} days and looks at {days}, expected at least as many"
            if need.metric == "sharpe" and (days or 0) < LEAST_RETURNS:
                yield f"asks in {name} for sharpe over {days} days, expected at least {LEAST_RETURNS}: fewer have none"


def _wrong_days(rules: RungRules) -> Iterator[str]:
    asked = {need.metric: need.min_value or 0 for need in rules.needs if METRICS[need.metric][0] == "days"}
    if max(asked.get(metric, 0) for metric in _OF_DAYS) < 1:
        yield f"leads on without a least number of {' or '.join(_OF_DAYS)}, expected at least 1"
    for metric, days in asked.items():
        if days > (rules.over_days or 0):
            yield f"needs {days:g} {metric} and looks at {rules.over_days} days, expected at least as many"


def load_ladder(suites: Path) -> Ladder:
    """Return the ladder that lies beside a desk's suites, else Deskgate's own.

    Raises
    ------
    InputError
        The file cannot be read, or something in it is not understood.
    """
    mine = _load(ladder_file(suites))
    if (shipped := ladder_file(SUITES)) == ladder_file(suites):
        return mine
    return mine.model_copy(update={"milder": tuple(milder_than(mine, _load(shipped)))})


def _load(file: Path) -> Ladder:
    try:
        data = file.read_bytes()
        raw = json.loads(data, object_pairs_hook=no_key_twice)
    except OSError as error:
        raise InputError(f"{file}: not readable, {error.strerror}, expected the ladder's bounds; restore it") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not readable as JSON, {error}; correct that place") from error
    if isinstance(raw, dict) and (unknown := [name for name in ("sha256", "milder") if name in raw]):
        raise InputError(f"{file}: unknown key {unknown[0]}; remove it")
    try:
        return Ladder.model_validate(raw).model_copy(update={"sha256": sha256(data).hexdigest()})
    except ValidationError as error:
        first = error.errors()[0]
        known = {
            name for kind in (Need, Days, SharpeSettings, RungRules, _Meta, Ladder) for name in kind.model_fields
        } - {"sha256", "milder"}
        says = complaint(first["loc"], first["type"], first["msg"], first["input"], known)
        raise InputError(f"{file}: {says}; correct it") from error
