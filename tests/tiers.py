"""Which cases of a parametrised test `make test` runs, and which `make test-slow`."""

from collections.abc import Iterable
from typing import Any

import pytest

__all__ = ["quick"]


def quick(cases: Iterable[Any], count: int = 1) -> list[Any]:
    """Return the cases, those after the first `count` marked `slow`; a tuple is one case of several parameters."""

    def slow(case: Any) -> Any:
        if isinstance(case, type(pytest.param())):
            return pytest.param(*case.values, id=case.id, marks=[*case.marks, pytest.mark.slow])
        values = case if isinstance(case, tuple) else (case,)
        return pytest.param(*values, marks=pytest.mark.slow)

    return [case if number < count else slow(case) for number, case in enumerate(cases)]
