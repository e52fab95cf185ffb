"""What a notebook takes, read from its cell tagged `parameters`, and whether the values on offer fit.

Papermill writes a parameter's name into the notebook as code and only warns where the notebook does not know it: a
misspelt name runs the notebook on its defaults. Here it is refused before anything runs. The cell is parsed, not
matched by pattern: `papermill.inspect_notebook` misses `as_of: str | None = None` and needs a kernel's name in the
file. Nothing is executed.
"""

import ast
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from deskgate.config.errors import InputError, did_you_mean

__all__ = ["check_parameters", "read_parameters"]

TAG = "parameters"
# What papermill can write as a literal and read back unchanged; a date goes in as an ISO string.
LITERALS = ("str", "int", "float", "bool", "list", "dict", "None")


def check_parameters(notebooks: Iterable[Path], parameters: Mapping[str, object]) -> None:
    """Refuse parameters that any of the notebooks does not take.

    Raises
    ------
    InputError
        A notebook is missing or unreadable, does not declare a name, or declares it with another type.
    """
    for notebook in notebooks:
        declared = read_parameters(notebook)
        for name, value in parameters.items():
            _check(notebook, declared, name, value)


def read_parameters(notebook: Path) -> dict[str, frozenset[str]]:
    """Return the parameters of `notebook`: name -> the type names it accepts, empty where it says nothing of them.

    The annotation counts, else the type of the default; a default of None alone says nothing.

    Raises
    ------
    InputError
        The notebook is missing, is no notebook, or its parameters cell is no Python.
    """
    source = _parameters_cell(notebook)
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise InputError(
            f"{notebook}: line {error.lineno} of the cell tagged '{TAG}' is no Python ({error.msg}); correct the cell"
        ) from error
    declared: dict[str, frozenset[str]] = {}
    for statement in statements:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                declared[name] = _annotated(annotation)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                declared[name] = _defaulted(value)
    return declared


def _parameters_cell(notebook: Path) -> str:
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        cells = [(cell["metadata"].get("tags", []), cell["source"]) for cell in content["cells"]]
    except FileNotFoundError as error:
        raise InputError(f"{notebook}: no notebook there; check the path") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{notebook}: not readable as a notebook (format 4 JSON), {error!r}; save it again from Jupyter"
        ) from error
    return next(("".join(source) for tags, source in cells if TAG in tags), "")


def _annotated(annotation: ast.expr) -> frozenset[str]:
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _annotated(left) | _annotated(right)
        case ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name):
            return frozenset({name})
        case ast.Constant(value=None):
            return frozenset({"None"})
        case _:
            return frozenset()


def _defaulted(value: ast.expr) -> frozenset[str]:
    try:
        default = ast.literal_eval(value)
    except ValueError:
        return frozenset()
    return frozenset() if default is None else frozenset({type(default).__name__})


def _check(notebook: Path, declared: Mapping[str, frozenset[str]], name: str, value: object) -> None:
    if name not in declared:
        known = ", ".join(sorted(declared)) or "none"
        raise InputError(
            f"{notebook}: no parameter '{name}'{did_you_mean(name, declared)}, expected one of: {known}; "
            f"declare it in the cell tagged '{TAG}' or leave it out"
        )
    got = "None" if value is None else type(value).__name__
    accepted = declared[name] | ({"int"} if "float" in declared[name] else frozenset())
    if got not in (accepted & set(LITERALS) or LITERALS):
        expected = " or ".join(sorted(declared[name]) or LITERALS)
        raise InputError(f"{notebook}: parameter '{name}' is {got} {value!r}, expected {expected}; pass that type")
