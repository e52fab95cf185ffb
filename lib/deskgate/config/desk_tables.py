"""The tables and keys of desk.toml as the models have them, for the page that lists them."""

from dataclasses import dataclass
from typing import Any

from deskgate.config.desk_file import KNOWN_KEYS, DeskFile

__all__ = ["DeskTable", "desk_tables"]


@dataclass(frozen=True)
class DeskTable:
    """A table of desk.toml: its name in the file, what its class says of it, the JSON schema of each key, and which must be there."""

    name: str
    doc: str
    keys: dict[str, dict[str, Any]]
    required: frozenset[str]


def desk_tables() -> list[DeskTable]:
    """Return the tables that desk.toml may have, with the keys that may stand in each."""
    schema = DeskFile.model_json_schema()
    found = []
    for place, known in KNOWN_KEYS.items():
        node: dict[str, Any] = schema
        for part in place:
            node = _resolved(_any_named(node) if part == "*" else node["properties"][part], schema)
        keys = {name: _with_choices(each, schema) for name, each in node["properties"].items() if name in known}
        name = ".".join("NAME" if part == "*" else part for part in place)
        found.append(DeskTable(name, node.get("description", ""), keys, frozenset(node.get("required", ()))))
    return found


def _with_choices(key: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a key's schema with the words that it may be, where those are declared elsewhere."""
    if "anyOf" in key:
        return key | {"anyOf": [_with_choices(each, schema) for each in key["anyOf"]]}
    found = _resolved(key, schema)
    return key | {"enum": found["enum"]} if "enum" in found else key


def _any_named(node: dict[str, Any]) -> dict[str, Any]:
    """Return what each key of a table holds whose keys are names that a person gives."""
    by_pattern: dict[str, dict[str, Any]] = node.get("patternProperties", {})
    found: dict[str, Any] = next(iter(by_pattern.values()), node.get("additionalProperties", {}))
    return found


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the object of a key, by what its reference names; of a key that may be left out the object that it may be."""
    of_several = [each for each in node.get("anyOf", ()) if each.get("type") != "null"]
    chosen = of_several[-1] if of_several else node
    return schema["$defs"][chosen["$ref"].rpartition("/")[2]] if "$ref" in chosen else chosen
