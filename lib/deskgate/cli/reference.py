"""The pages of docs/ that list what the code knows: commands and exit codes, keys of desk.toml, metrics for Prometheus.

`python -m deskgate.cli.reference` (`make docs`) writes them.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from deskgate.cli.app import app
from deskgate.config.desk_tables import DeskTable, desk_tables
from deskgate.config.paths import ROOT
from deskgate.gates.reference import between_marks, print_written, table, write_documents
from deskgate.reports.monitoring.gauges import DESK, GAUGES

__all__ = ["commands_page", "desk_page", "documents", "gauges_table"]

COMMANDS, DESK_KEYS, MONITORING = (Path("docs") / name for name in ("commands.md", "desk-toml.md", "monitoring.md"))
_OF_COMMANDS = """# Commands and exit codes

Every command with its options. Generated from the code by `make docs`; do not edit.

| exit code | means |
| --- | --- |
| 0 | GO, or done |
| 1 | blocked: HOLD or STOP; of other commands: not everything is as it should be |
| 2 | wrong usage, configuration or a file that cannot be read: one sentence says what, where and what next; nothing was written |
| 3 | the run itself failed: the decision on disk is then HOLD (or the STOP that it was) and names the step |

Each command has `--debug`, which prints the traceback of an error.
"""
_OF_DESK = """# Keys of desk.toml

Every table and key that a desk.toml may have. Generated from the code by `make docs`; do not edit. An unknown key is refused, with the
nearest known one. [From an installation to a desk](desk.md) says how to come by the file; paths in it are relative to it.
"""


def commands_page() -> str:
    """Return docs/commands.md: a section a command, a row an option."""
    return "\n".join(
        [_OF_COMMANDS, *(part for name, each in _commands(_root(), "deskgate") for part in _section(name, each))]
    )


def _root() -> TyperGroup:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)  # noqa: S101 - an app with several commands is a group
    return root


def _commands(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - click's classes are vendored by typer
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _section(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    yield f"## {name}\n\n{_plain(command.help or '')}\n"
    rows = [
        (
            " / ".join(f"`{each}`" for each in (*param.opts, *param.secondary_opts)),
            _needed(param),
            _plain(param.help or ""),
        )
        for param in command.params
        if not {"--debug", "--help"} & {*param.opts}
    ]
    if rows:
        yield table(("option", "default", "what it does"), rows)


def _needed(param: Any) -> str:  # noqa: ANN401 - as above
    if param.required:
        return "required"
    if param.default in {None, False, ""} or callable(param.default):
        return ""
    return f"`{param.default}`"


def desk_page() -> str:
    """Return docs/desk-toml.md: a section a table, a row a key."""
    return "\n".join([_OF_DESK, *(_desk_table(each) for each in desk_tables() if each.name)])


def _desk_table(found: DeskTable) -> str:
    rows = [
        (f"`{name}`", _type(key), "required" if name in found.required else _default(key))
        for name, key in found.keys.items()
    ]
    parts = [f"## [{found.name}]\n", *(f"{_plain(part)}\n" for part in found.doc.split("\n\n") if part)]
    return "\n".join([*parts, table(("key", "value", "default"), rows)])


def _type(key: Mapping[str, Any]) -> str:
    if "anyOf" in key:
        return " or ".join(dict.fromkeys(_type(each) for each in key["anyOf"] if each.get("type") != "null"))
    if "enum" in key:
        return " or ".join(f"`{each}`" for each in key["enum"])
    if "$ref" in key:
        return f"table {key['$ref'].rpartition('/')[2].lstrip('_')}"
    if key.get("type") == "array":
        return f"list of {_type(key.get('items', {}))}"
    if key.get("type") == "object":
        inner = key.get("additionalProperties")
        return f"table: name to {_type(inner)}" if isinstance(inner, dict) else "table"
    limits = [f"{word} {key[name]:g}" for name, word in _LIMITS.items() if name in key]
    return ", ".join([key.get("format") or key.get("type") or "any", *limits])


_LIMITS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}


def _default(key: Mapping[str, Any]) -> str:
    given = key.get("default")
    return "" if given in (None, [], {}, "") or isinstance(given, dict) else f"`{given}`"


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def gauges_table() -> str:
    """Return the table of docs/monitoring.md: a row a metric."""
    rows = [
        (f"`{gauge.name}`", ", ".join(f"`{label}`" for label in (DESK, *gauge.labels)), gauge.doc) for gauge in GAUGES
    ]
    return table(("metric", "labels", "means"), rows)


def documents(root: Path = ROOT) -> dict[Path, str]:
    """Return what the generated documents should say: file -> content.

    Raises
    ------
    InputError
        docs/monitoring.md lacks the marks between which its table stands.
    """
    return {
        root / COMMANDS: commands_page(),
        root / DESK_KEYS: desk_page(),
        root / MONITORING: between_marks(root / MONITORING, gauges_table()),
    }


if __name__ == "__main__":
    print_written(write_documents(documents()))
