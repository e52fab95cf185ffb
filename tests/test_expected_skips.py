"""In CI a skip that is not expected fails, wherever it is said: in a test, in a fixture, by a mark or for a module."""

from pathlib import Path

import pytest

TESTS = {
    "test_said": "def test_it():\n    pytest.skip('no browser')",
    "test_fixture": "@pytest.fixture\ndef it():\n    pytest.skip('no browser')\n\ndef test_it(it):\n    pass",
    "test_mark": "@pytest.mark.skipif(True, reason='no browser')\ndef test_it():\n    pass",
    "test_module": "pytest.skip('no browser', allow_module_level=True)",
    "test_expected": "def test_it():\n    pytest.skip('the sample desks are not there')",
    "test_xfail": "@pytest.mark.xfail(reason='known')\ndef test_it():\n    assert False",
}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), {"skipped": 5, "xfailed": 1}),
        # A fixture and a module do not fail, they are errors.
        (("--fail-on-skip",), {"failed": 1, "errors": 3, "skipped": 1, "xfailed": 1}),
    ],
)
def test_unexpected_skip_fails_in_ci(
    pytester: pytest.Pytester, options: tuple[str, ...], expected: dict[str, int]
) -> None:
    pytester.makeconftest((Path(__file__).with_name("conftest.py")).read_text(encoding="utf-8"))
    pytester.makepyfile(**{name: f"import pytest\n\n{body}\n" for name, body in TESTS.items()})
    pytester.runpytest_inprocess(*options, "--continue-on-collection-errors").assert_outcomes(**expected)
