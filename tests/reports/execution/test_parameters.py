from pathlib import Path

import pytest

from deskgate.config.errors import InputError
from deskgate.reports.execution.parameters import check_parameters, read_parameters
from report_inputs import write_notebook

CELL = "\n".join(
    ["date: str = '2026-05-04'", "as_of: str | None = None", "limit = 50", "share: float = 0.5", "bots: list[str] = []"]
)


def test_declared_names_and_types(tmp_path: Path) -> None:
    assert read_parameters(write_notebook(tmp_path / "a.ipynb", parameters=CELL)) == {
        "date": {"str"},
        "as_of": {"str", "None"},
        "limit": {"int"},
        "share": {"float"},
        "bots": {"list"},
    }


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("date", "2026-05-05", None),
        ("as_of", None, None),
        ("share", 1, None),
        ("bots", ["b1"], None),
        ("dat", "x", "no parameter 'dat' \\(did you mean 'date'\\?\\)"),
        ("date", 20260504, "parameter 'date' is int 20260504, expected str"),
        ("limit", True, "'limit' is bool True, expected int"),
        ("date", Path("x"), "'date' is PosixPath"),
        ("date", None, "'date' is None None, expected str"),
    ],
)
def test_value_is_checked(tmp_path: Path, name: str, value: object, complaint: str | None) -> None:
    notebook = write_notebook(tmp_path / "a.ipynb", parameters=CELL)
    if complaint is None:
        check_parameters([notebook], {name: value})
    else:
        with pytest.raises(InputError, match=complaint):
            check_parameters([notebook], {name: value})


@pytest.mark.parametrize("content", [None, "{", "[]", '{"cells": [1]}'])
def test_unreadable_notebook_is_refused(tmp_path: Path, content: str | None) -> None:
    notebook = tmp_path / "a.ipynb"
    if content is not None:
        notebook.write_text(content)
    with pytest.raises(InputError, match=r"a\.ipynb: "):
        read_parameters(notebook)


def test_invalid_python_in_parameters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 1 of the cell tagged 'parameters' is no Python"):
        read_parameters(write_notebook(tmp_path / "a.ipynb", parameters="x = ("))


def test_notebook_without_parameters_takes_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no parameter 'x', expected one of: none"):
        check_parameters([write_notebook(tmp_path / "a.ipynb", "1")], {"x": 1})
