"""How often parity errs: false FAILs, false PASSes, power and INSUFFICIENT, in seeded soaks of 48 hours.

    OMP_NUM_THREADS=1 python -m benchmarks.error_rates
    python -m benchmarks.error_rates --soaks 50 --fills 5 20

The whole takes some 17 minutes of a CPU on which `compare` takes 12 ms for two days of 20 fills an hour; `--soaks 50` a tenth of
that. The intervals are made by `deskgate.intervals.compare` as expectations/parity.json says, and held against its margins by
the gate's own `judge`. Beside them, on the same draws: the rules of `benchmarks.rules`.

Slippage: both bots' fills have a mean of 0 and a spread of 5 bps; a true difference is in each live fill. Fill ratio: half of
all orders fill. Reject rate: none, or one in a hundred. `AR` is the correlation of neighbouring rows. `once` is the look at the end; of
the day's interval the second day. `hourly` counts a soak if any look from hour 12 on errs. Rates of 0 to 5 % have a standard
error of at most 1 % in 500 soaks.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.rules import FAILED, HOURS, INSUFFICIENT, PASSED, Looks, product, rivals
from benchmarks.soaks import slippage, yes_or_no
from deskgate.gates.suites import Suite, intervals_of, load_suites
from deskgate.intervals.settings import IntervalSettings

__all__ = ["TRUTHS", "Rates", "Scenario", "measure_rates", "parity_suite"]

# True differences, in margins.
TRUTHS = (0.0, 0.5, 1.0, 1.5, 2.0)
FILLS_PER_H = (5, 20, 84)
_RULES = ("day", "soak", "z", "point", "TOST", "Mann-Whitney")
_AT = (12, 24, 48)
_WORDS = {PASSED: "PASS", FAILED: "FAIL", INSUFFICIENT: "INSUFFICIENT"}
_MEASURES = ("slippage_bps", "fill_ratio", "reject_rate")
_HEAD = ("measure", "rows/h", "AR")
# The truths at which rules can err.
_BESIDE = (0.0, 1.0)


@dataclass(frozen=True)
class Scenario:
    """What is measured, how many rows an hour a side, and how neighbours depend on each other. `share` is of both bots."""

    measure: str
    per_h: int
    dependence: float
    share: float | None = None

    def __str__(self) -> str:
        """Return the scenario as cells of a table."""
        title = self.measure.replace("_", " ").removesuffix(" bps")
        shown = title if self.share is None else f"{title} {self.share:.0%}"
        return f"{shown} | {self.per_h} | {self.dependence:g}"


@dataclass
class Rates:
    """Outcomes of each rule by truth: one row a soak, one column a look; and how often an interval missed the truth."""

    codes: dict[tuple[str, float], list[list[int]]] = field(default_factory=dict)
    missed: dict[str, list[bool]] = field(default_factory=dict)

    def add(self, rule: str, truth: float, codes: list[int]) -> None:
        """Count one soak."""
        self.codes.setdefault((rule, truth), []).append(codes)

    def once(self, rule: str, truth: float, code: int, hour: int = int(HOURS[-1])) -> float:
        """Return the share of soaks whose look at an hour has this outcome; of the day at its end."""
        outcomes = self._of(rule, truth)
        column = outcomes[:, -1] if outcomes.shape[1] == 1 else outcomes[:, int(np.flatnonzero(hour == HOURS)[0])]
        return float((column == code).mean())

    def ever(self, rule: str, truth: float, code: int) -> float:
        """Return the share of soaks in which any look has this outcome."""
        return float((self._of(rule, truth) == code).any(axis=1).mean())

    def misses(self, rule: str) -> float:
        """Return the share of soaks in which any interval excluded the truth, bots being equal."""
        return float(np.mean(self.missed[rule]))

    def _of(self, rule: str, truth: float) -> npt.NDArray[np.int64]:
        return np.array(self.codes[rule, truth])


def parity_suite() -> Suite:
    """Return the suite of the gate."""
    return load_suites(Path(__file__).parents[1] / "expectations")["parity"]


def measure_rates(scenario: Scenario, suite: Suite, soaks: int, *, beside: bool = True) -> Rates:
    """Judge so many seeded soaks with each of the true differences, by the rules beside the product's too where asked for."""
    rates, settings, margin = Rates(), intervals_of({suite.name: suite}), _margin(suite, scenario)
    for seed in range(soaks):
        for truth, more, found in _soaks(scenario, settings, margin, seed, beside=beside):
            for rule, each in found.items():
                bounds = suite.bounds_of(f"{scenario.measure}{'' if rule == 'day' else '_soak'}_delta")
                if bounds is None:
                    raise ValueError(f"the suite has no bounds of {scenario.measure}")
                rates.add(rule, truth, each.codes(bounds, more))
                if truth == 0:
                    rates.missed.setdefault(rule, []).append(each.excludes(0.0))
    return rates


def _margin(suite: Suite, scenario: Scenario) -> float:
    bounds = suite.bounds_of(f"{scenario.measure}_soak_delta")
    if bounds is None or bounds.max_value is None:
        raise ValueError(f"the suite has no upper margin of {scenario.measure}")
    return bounds.max_value


def _soaks(
    scenario: Scenario, settings: IntervalSettings, margin: float, seed: int, *, beside: bool
) -> Iterator[tuple[float, float, dict[str, Looks]]]:
    """Yield the soak of a seed once a truth: the truth, what every row of live is to have more, and the looks."""
    how, share = {"per_h": scenario.per_h, "dependence": scenario.dependence}, scenario.share
    found: dict[str, Looks] = {}
    for truth in TRUTHS:
        more = truth * margin
        if not found or share is not None:
            both = slippage(seed, **how) if share is None else yes_or_no(seed, share, more, **how)
            found = product(*both, settings, is_share=share is not None)
            found |= rivals(*both) if beside and truth in _BESIDE else {}
        mine = found if truth in _BESIDE else {rule: found[rule] for rule in ("day", "soak")}
        yield truth, more if share is None else 0.0, mine


def scenarios(per_h: Sequence[int]) -> list[Scenario]:
    """Return what is measured."""
    found = [Scenario("slippage_bps", each, dependence) for each in per_h for dependence in (0, 0.6, 0.9)]
    found += [Scenario("fill_ratio", each, dependence, 0.5) for each in per_h for dependence in (0, 0.6)]
    found += [Scenario("reject_rate", each, dependence, 0.01) for each in per_h for dependence in (0, 0.6)]
    return found + [Scenario("reject_rate", each, 0, 0.0) for each in per_h]


def _wrong(rates: Rates) -> dict[str, str]:
    """Return how often intervals of equal bots exclude 0 at any look, and how often equal bots FAIL."""
    missed = {f"excludes 0: {rule}": f"{100 * rates.misses(rule):.1f}" for rule in ("day", "soak", "z")}
    failed = ("day", "soak", "point", "TOST", "Mann-Whitney")
    return missed | {f"false FAIL: {rule}": _once_and_ever(rates, rule, 0.0, FAILED) for rule in failed}


def _wrong_pass(rates: Rates) -> dict[str, str]:
    """Return how often bots PASS that differ by the margin."""
    return {f"false PASS: {rule}": _once_and_ever(rates, rule, 1.0, PASSED) for rule in _RULES}


def _power(rates: Rates) -> dict[str, str]:
    """Return how often the day; and the soak at hours 12, 24 and 48 decide, by the true difference in margins."""
    asked = ((PASSED, 0.0), (PASSED, 0.5), (FAILED, 1.5), (FAILED, 2.0), (INSUFFICIENT, 0.0))
    return {f"{_WORDS[code]} at {truth:g}": _by_hour(rates, truth, code) for code, truth in asked}


def _once_and_ever(rates: Rates, rule: str, truth: float, code: int) -> str:
    once = f"{100 * rates.once(rule, truth, code):.1f}"
    return once if rule == "day" else f"{once} / {100 * rates.ever(rule, truth, code):.1f}"


def _by_hour(rates: Rates, truth: float, code: int) -> str:
    soak = " / ".join(f"{100 * rates.once('soak', truth, code, hour):.0f}" for hour in _AT)
    return f"{100 * rates.once('day', truth, code):.0f}; {soak}"


def main() -> None:
    """Measure and print three tables in Markdown, in per cent; what is known goes line by line to the error stream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soaks", type=int, default=500, help="seeded soaks a row")
    parser.add_argument("--fills", type=int, nargs="+", default=list(FILLS_PER_H), help="rows an hour a side")
    parser.add_argument("--measures", nargs="+", choices=_MEASURES, default=_MEASURES)
    given = parser.parse_args()
    suite = parity_suite()
    tables: dict[Callable[[Rates], dict[str, str]], list[str]] = {make: [] for make in (_wrong, _wrong_pass, _power)}
    for scenario in scenarios(given.fills):
        if scenario.measure in given.measures:
            rates = measure_rates(scenario, suite, given.soaks)
            for make, lines in tables.items():
                cells = make(rates)
                if not lines:
                    lines += [f"| {' | '.join((*_HEAD, *cells))} |", "|" + " --- |" * (len(_HEAD) + len(cells))]
                lines.append(f"| {scenario} | {' | '.join(cells.values())} |")
                print(lines[-1], file=sys.stderr, flush=True)
    for lines in tables.values():
        print("", *lines, sep="\n")


if __name__ == "__main__":
    main()
