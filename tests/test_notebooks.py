"""The notebooks keep to their form (a question, one call, one display; no logic, no outputs in git), and each runs alone.

That they show a day that was run is tested with the run itself, in tests/cli. `make test-long` runs those to look into something
by nbmake too: nothing is named there, so that they open the demo desk.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from deskgate.checks.registry import GATES
from deskgate.config.paths import NOTEBOOKS, SUITES
from deskgate.demo import DemoDesk
from deskgate.gates.suites import load_suites
from deskgate.reports.execution.runner import execute
from deskgate.reports.execution.workers import start_workers
from deskgate.run.daily import NOTEBOOKS as RUN
from deskgate.run.daily import PRELOAD

DAILY = sorted(NOTEBOOKS.glob("*.ipynb"))
FILES = DAILY + sorted(NOTEBOOKS.glob("investigate/*.ipynb"))
PARAMETERS = ["desk", "date", "as_of", "out", "folder"]
FORBIDDEN = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.ListComp, ast.DictComp, ast.If, ast.Try)


def cells(file: Path, kind: str) -> list[Any]:
    return [cell for cell in json.loads(file.read_text())["cells"] if cell["cell_type"] == kind]


def code(file: Path) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells(file, "code"))


def test_run_executes_every_notebook_there_is() -> None:
    assert [file.stem for file in DAILY] == list(RUN)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_notebook_opens_with_its_question_and_closes_with_how_to_read_it(file: Path) -> None:
    prose = ["".join(cell["source"]) for cell in cells(file, "markdown")]
    assert prose[0].startswith("# ")
    assert all(f"**{word}.**" in prose[0] for word in ("Question", "Inputs", "Reader"))
    assert prose[-1].startswith("## How to read it")
    assert all(text.startswith("## ") and text.endswith("?") for text in prose[1:-1])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_notebook_has_one_parameters_cell_of_text_literals(file: Path) -> None:
    tagged = [cell for cell in cells(file, "code") if "parameters" in cell["metadata"].get("tags", [])]
    tree = ast.parse("".join(tagged[0]["source"]))
    assert len(tagged) == 1
    # A notebook of `investigate` takes the id to look into.
    wanted = PARAMETERS if file in DAILY else [*PARAMETERS, "what"]
    assert [node.targets[0].id for node in tree.body] == wanted  # type: ignore[attr-defined]
    assert all(node.value.value == "" for node in tree.body)  # type: ignore[attr-defined]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_notebook_has_no_logic_and_short_cells(file: Path) -> None:
    for cell in cells(file, "code"):
        source = "".join(cell["source"])
        assert len(source.splitlines()) <= 8
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, FORBIDDEN), source
            assert not (isinstance(node, ast.Name) and node.id in ("print", "os", "open")), source


def test_gates_that_notebooks_show_exist_and_each_suite_names_a_notebook_that_shows_it() -> None:
    shown = {file.stem: set(re.findall(r'day\.gate\("(\w+)"\)', code(file))) for file in DAILY}
    assert set().union(*shown.values()) <= set(GATES)
    for gate, suite in load_suites(SUITES).items():
        assert suite.meta.notebook in shown, f"{gate}: expectations/{gate}.json names {suite.meta.notebook}"
        in_all = "day.gate()" in code(NOTEBOOKS / f"{suite.meta.notebook}.ipynb")
        assert in_all or gate in shown[suite.meta.notebook], f"{gate} is not shown on {suite.meta.notebook}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_notebook_holds_no_output(file: Path) -> None:
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells(file, "code"))


# Each opens a day by the same call; what every view computes there is tested without a kernel, in tests/reports/views.
@pytest.mark.slow
@pytest.mark.usefixtures("patient_kernels")
def test_notebooks_run_alone(one_day_demo: DemoDesk, tmp_path: Path) -> None:
    """One of a run's and those to look into something, one after the other: the first one finds no store."""
    _run_alone(one_day_demo, tmp_path, [NOTEBOOKS / "04_parity.ipynb", *FILES[len(DAILY) :]])


@pytest.mark.long
@pytest.mark.usefixtures("patient_kernels")
@pytest.mark.parametrize("name", [name for name in RUN if name != "04_parity"])
def test_notebook_of_the_day_runs_alone(one_day_demo: DemoDesk, tmp_path: Path, name: str) -> None:
    _run_alone(one_day_demo, tmp_path, [NOTEBOOKS / f"{name}.ipynb"])


def _run_alone(demo: DemoDesk, place: Path, files: list[Path]) -> None:
    """Run notebooks as in Jupyter: no run has left a file, and only the desk is named."""
    given = {"desk": str(demo.folder), "out": str(place / "out")}
    with start_workers(1, PRELOAD) as workers:
        runs = execute(files, place / "executed", given, workers=workers, timeout_s=3600, progress=_ignore)
    assert {run.notebook.stem: run.error for run in runs} == {file.stem: None for file in files}
    for run in runs:
        shown = [output for cell in cells(run.output, "code") for output in cell["outputs"]]
        assert f"demo, {demo.last_day}, as of" in json.dumps(shown), run.notebook.stem
    assert not list((place / "out").glob("2*"))


def _ignore(_notebook: str, _state: str) -> None:
    """Take no note of the progress."""
