"""What keeps a bot on its rung or takes it down: one need that is not met, in words, and about how long it takes."""

import math
from dataclasses import dataclass

from deskgate.case.units import for_readers
from deskgate.config.plural import count_of
from deskgate.gates.bounds import Outcome, judge
from deskgate.gates.evaluation import Status
from deskgate.gates.ladder.figures import METRICS, Figure
from deskgate.gates.ladder.rules import Need

__all__ = ["Missing", "missing_of", "more_days", "outcome_of"]


@dataclass(frozen=True)
class Missing:
    """One thing that keeps a bot from moving on, or takes it down: the metric, what it is and has to be, and a sentence."""

    metric: str
    value: float | None
    bound: str
    sample: int
    status: Status
    sentence: str


def outcome_of(need: Need, figure: Figure) -> Outcome:
    """Hold a metric against what it has to be."""
    return judge(need, figure.value, figure.sample, figure.interval)


def _said(value: float, unit: str) -> str:
    number, said = for_readers(value, unit)
    return f"{number:.4g} {said}".rstrip()


def missing_of(need: Need, figure: Figure, over: int | None = None) -> Missing:
    """Return what a need that is not met says; `over`: in the last so many days."""
    outcome = outcome_of(need, figure)
    unit = METRICS[need.metric][0]
    # Too few days are no failure: they are too little to judge by.
    is_too_few = unit == "days" and need.min_value is not None
    status = Status.FAIL if outcome is Outcome.BEYOND and not is_too_few else Status.INSUFFICIENT
    value = "nothing" if figure.value is None else _said(figure.value, unit)
    time = f" in the last {count_of(over, 'day')}" if over else ""
    head = f"{need.title}{time}: "
    match outcome:
        case Outcome.ABSENT if figure.value is None:
            says = f"{head}not known, {figure.why or 'nothing was measured'}; expected {need}"
        case Outcome.ABSENT:
            says = f"{head}{value}, but {figure.why or 'it has no interval'}; expected all of it {need}"
        case Outcome.SMALL_SAMPLE:
            says = f"{head}{value} by a sample of {figure.sample}, expected one of at least {need.min_sample}"
        case _ if need.whole_interval:
            low, high = figure.interval
            says = f"{head}{value}, by its interval {low:.4g} to {high:.4g}; expected all of it {need}"
        case _:
            says = f"{head}{value}, expected {need}"
    known = figure.value if figure.value is None or math.isfinite(figure.value) else None
    return Missing(need.metric, known, str(need), figure.sample, status, says)


def more_days(need: Need, figure: Figure, measured: int, over_days: int) -> int | None:
    """Return about how many more days like the `measured` ones a need takes; 0 where it is met, None where nobody can tell."""
    outcome = outcome_of(need, figure)
    if outcome is Outcome.WITHIN:
        return 0
    if METRICS[need.metric][0] == "days" and need.min_value is not None and figure.value is not None:
        return max(1, math.ceil(need.min_value - figure.value))
    if outcome is Outcome.SMALL_SAMPLE and figure.sample:
        days = math.ceil((need.min_sample - figure.sample) * measured / figure.sample)
        return max(1, days) if measured + days <= over_days else None
    low, high = figure.interval
    if outcome is Outcome.UNDECIDED and figure.value is not None and low is not None and high is not None:
        # An interval narrows with the root of its sample.
        bound, end = (
            (need.min_value, low) if need.min_value is not None and low <= need.min_value else (need.max_value, high)
        )
        room = abs(figure.value - (bound or 0.0))
        if room > 0 and judge(need, figure.value, figure.sample, (figure.value, figure.value)) is Outcome.WITHIN:
            days = math.ceil(figure.sample * ((figure.value - end) / room) ** 2) - figure.sample
            return max(1, days) if figure.sample + days <= over_days else None
    return None
