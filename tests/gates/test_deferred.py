"""A module that is put off is not loaded by an import, and is whole once it is used."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from deskgate.gates.deferred import load_when_used


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one module, which leaves a file when it is loaded."""
    package = tmp_path / "made_up_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    loaded = tmp_path / "loaded"
    (package / "child.py").write_text(f"import pathlib\npathlib.Path({str(loaded)!r}).touch()\nvalue = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("made_up_package", "made_up_package.child"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return loaded


def imported() -> ModuleType:
    """Return the module as `from made_up_package import child` finds it: an attribute of its package."""
    child: ModuleType = import_module("made_up_package").child
    return child


def test_module_is_loaded_when_it_is_first_used(made_up: Path) -> None:
    load_when_used("made_up_package.child")
    child = imported()
    assert not made_up.exists()
    assert (child.value, made_up.exists()) == (7, True)


def test_loaded_module_stays_as_it_is(made_up: Path) -> None:
    child = import_module("made_up_package.child")
    load_when_used("made_up_package.child")
    assert sys.modules["made_up_package.child"] is child


def test_module_that_is_not_there_is_left_to_who_needs_it(made_up: Path) -> None:
    load_when_used("made_up_package.none")
    assert "made_up_package.none" not in sys.modules
