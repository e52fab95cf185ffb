"""Copies of investigation notebooks: filled in, kept where untouched, never written over where a person edited them."""

import json
from pathlib import Path

import polars as pl
import pytest

from deskgate.config.errors import InputError
from deskgate.config.paths import NOTEBOOKS
from deskgate.reports.investigate.copies import QUESTIONS, question_of_break, write_copy

BREAKS = pl.DataFrame(
    {
        "break_id": ["aa1", "aa2", "b1"],
        "trade_id": ["t1", None, None],
        "order_id": [None, "", "o1"],
        "exchange_order_id": [None, None, None],
    }
)


def _edit(file: Path, **cell: object) -> None:
    content = json.loads(file.read_text())
    content["cells"][2] |= cell
    file.write_text(json.dumps(content))


def test_every_question_is_a_notebook() -> None:
    assert {file.stem for file in (NOTEBOOKS / "investigate").glob("*.ipynb")} == set(QUESTIONS)


def test_parameters_are_filled_in_as_text(tmp_path: Path) -> None:
    file = write_copy("fills", tmp_path, {"desk": 'it\'s "x"', "what": "a\nb"}, "fills/../x")
    assert file == tmp_path / "investigate/fills_x.ipynb"
    names: dict[str, object] = {}
    exec("".join(json.loads(file.read_text())["cells"][1]["source"]), names)  # noqa: S102
    assert (names["desk"], names["what"], names["out"]) == ('it\'s "x"', "a\nb", "")


def test_run_copy_is_kept_with_its_outputs(tmp_path: Path) -> None:
    file = write_copy("fills", tmp_path, {}, "fills")
    _edit(file, outputs=["shown"], execution_count=1)
    assert write_copy("fills", tmp_path, {}, "fills") == file
    assert json.loads(file.read_text())["cells"][2]["outputs"] == ["shown"]


@pytest.mark.parametrize("torn", [False, True])
def test_edited_or_torn_copy_is_left_alone(tmp_path: Path, torn: bool) -> None:
    file = write_copy("fills", tmp_path, {}, "fills")
    if torn:
        file.write_text(file.read_text()[:100])
    else:
        _edit(file, source="mine = 1")
    before = file.read_text()
    again = [write_copy("fills", tmp_path, {}, "fills").name for _ in range(2)]
    assert again == ["fills-2.ipynb", "fills-2.ipynb"]
    assert file.read_text() == before


def test_untouched_copy_of_other_parameters_is_replaced(tmp_path: Path) -> None:
    write_copy("fills", tmp_path, {"what": "a"}, "fills")
    file = write_copy("fills", tmp_path, {"what": "b"}, "fills")
    assert (file.name, "what = 'b'" in file.read_text()) == ("fills.ipynb", True)
    assert not list(file.parent.glob(".*"))


@pytest.mark.parametrize(
    ("given", "expected"), [("aa1", ("aa1", "fills")), ("aa2", ("aa2", "incident")), ("b", ("b1", "fills"))]
)
def test_break_leads_to_its_notebook(given: str, expected: tuple[str, str]) -> None:
    assert question_of_break(BREAKS, given) == expected


@pytest.mark.parametrize(
    ("given", "sentence"), [("aa", "ambiguous: aa1, aa2"), ("aa3", "did you mean"), ("", "no break is called ''")]
)
def test_unknown_or_ambiguous_break_is_refused(given: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        question_of_break(BREAKS, given)


def test_day_without_breaks_has_none_to_choose() -> None:
    with pytest.raises(InputError, match="there is no break to choose from"):
        question_of_break(BREAKS.clear(), "aa1")
