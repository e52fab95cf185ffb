"""Imports run one way: towards the configuration and the schemas, never back."""

import ast
from pathlib import Path

import deskgate

PACKAGE = Path(deskgate.__file__).parent
# Each package may import those before it. An engine knows nothing of what it runs. What judges another control plane's reports knows nothing of ours: no schema, no check, no gate.
LAYERS = (
    *(
        "intervals",
        "config",
        "engines",
        "foreign_gates",
        "schema",
        "sources",
        "store",
        "audit",
        "collector",
        "case",
        "prices",
        "reconciliation",
    ),
    *("accounting", "measures", "parity", "portfolio", "checks", "gates", "assessment", "controls", "demo", "reports"),
    *("run", "cli"),
)


def imported(file: Path) -> set[str]:
    """Return the packages of Deskgate that a module imports, at its top or inside its functions."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("deskgate.")}


def test_every_package_has_a_layer() -> None:
    assert {folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file()} == set(LAYERS)


def test_nothing_but_the_version_lies_at_the_top() -> None:
    assert [file.name for file in PACKAGE.glob("*.py")] == ["__init__.py"]


def test_imports_run_towards_the_sources() -> None:
    against = [
        f"{file.relative_to(PACKAGE)} imports {other}"
        for place, layer in enumerate(LAYERS)
        for file in sorted((PACKAGE / layer).rglob("*.py"))
        for other in sorted(imported(file) & set(LAYERS[place + 1 :]))
    ]
    assert against == []
