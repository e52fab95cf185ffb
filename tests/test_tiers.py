"""`make test`, `make test-slow` and `make test-long` leave out no test, whatever its marks; CI is held to the first two."""

import re
import tomllib
from itertools import product

import pytest

from deskgate.config.paths import ROOT
from tiers import quick

PYTEST = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
# Hypothesis marks its tests itself.
MARKS = [*(mark.partition(":")[0] for mark in PYTEST["markers"]), "hypothesis"]
TARGETS = ("test", "test-slow", "test-long")
# A test of each combination of marks, named after them.
TESTS = {
    "_".join(["test", *(mark for mark, has in zip(MARKS, having, strict=True) if has)]): having
    for having in product([False, True], repeat=len(MARKS))
}


def expression(target: str) -> str:
    """Return by which marks a target of the Makefile selects: its own `-m`, else that of pyproject.toml."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (command,) = re.findall(rf"^{target}: .*\n\t@(\$\(BIN\)/pytest .*)$", makefile, re.MULTILINE)
    own: list[str] = re.findall(r'-m "([^"]*)"', command)
    return own[0] if own else PYTEST["addopts"][PYTEST["addopts"].index("-m") + 1]


@pytest.fixture
def selected(pytester: pytest.Pytester) -> dict[str, set[str]]:
    """The tests that each target runs of one of each combination of marks."""
    written = [
        "\n".join(
            [f"@pytest.mark.{mark}" for mark, has in zip(MARKS, having, strict=True) if has] + [f"def {name}(): pass"]
        )
        for name, having in TESTS.items()
    ]
    pytester.makeini("[pytest]\nmarkers =\n" + "\n".join(f"  {mark}" for mark in MARKS))
    pytester.makepyfile("import pytest\n\n" + "\n".join(written))
    found = {}
    for target in TARGETS:
        ran = pytester.inline_run("--collect-only", "--strict-markers", "-m", expression(target))
        (collected,) = ran.getcalls("pytest_collection_finish")
        found[target] = {item.name for item in collected.session.items}
    return found


def test_no_test_is_left_out_or_in_both_sets_that_decide(selected: dict[str, set[str]]) -> None:
    assert selected == {
        "test": {"test", "test_hypothesis"},
        "test-slow": {"test_slow", "test_slow_hypothesis"},
        # Searching for longer is another test of the same property.
        "test-long": {name for name in TESTS if "long" in name or "hypothesis" in name},
    }
    assert set.union(*selected.values()) == set(TESTS)


def test_mark_that_is_not_registered_is_refused(pytester: pytest.Pytester) -> None:
    options = [option for option in PYTEST["addopts"] if option == "--strict-markers"]
    pytester.makepyfile("import pytest\n\n@pytest.mark.slwo\ndef test_it(): pass")
    pytester.runpytest_inprocess(*options).assert_outcomes(errors=1)


def test_ci_decides_by_the_quick_and_the_slow_tests() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    # No `|| ...` and no condition around them: a failure ends the script.
    assert [line for line in lines if re.search(r"make test(-slow)?\b(?!-)", line)] == [
        "TEST_OPTIONS=--fail-on-skip make test",
        "TEST_OPTIONS=--fail-on-skip make test-slow",
    ]


def test_quick_marks_all_cases_but_the_first() -> None:
    marked = pytest.param(1, id="one", marks=pytest.mark.xfail)
    cases = quick([0, marked, (2, 3)])
    assert (cases[0], cases[1].id) == (0, "one")
    assert [[mark.name for mark in case.marks] for case in cases[1:]] == [["xfail", "slow"], ["slow"]]
    assert [case.values for case in cases[1:]] == [(1,), (2, 3)]
    assert quick([0, 1], 2) == [0, 1]
