"""The values in configuration files, key by key, so that a change can be told as what it is; secrets are not kept."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from deskgate.config.secrecy import ASSIGNS, is_secret_key, may_hold_secret

__all__ = ["DOCUMENTS", "HIDDEN", "RESET", "Change", "load_document", "read_keys", "read_settings", "settings_changes"]

# The files whose keys and values are read, by suffix.
DOCUMENTS = (".toml", ".json", ".yml", ".yaml")
# What Compose's tag for "not what the file before says" reads as.
RESET = "!reset"
# What stands for a secret, and for an address that may hold one.
HIDDEN = "(not kept)"
_ADDRESS = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
# Prose of a suite: what it says to a reader, not what it asks.
_PROSE = {"title", "why", "what_to_do"}
_ABSENT = "absent"


class _Tagged(SafeConstructor):
    """Reads the tags by which a later compose file takes back or replaces what an earlier one says, which YAML has not."""

    def reset(self, _node: Node) -> str:
        return RESET

    def override(self, node: Node) -> object:
        if isinstance(node, ScalarNode):
            return self.construct_scalar(node)
        deep = isinstance(node, MappingNode)
        return self.construct_mapping(node, deep=True) if deep else self.construct_sequence(node, deep=True)


_Tagged.add_constructor("!reset", _Tagged.reset)
_Tagged.add_constructor("!override", _Tagged.override)


def load_document(file: Path) -> object:
    """Return what a YAML, TOML or JSON file holds.

    Raises
    ------
    OSError, ValueError, YAMLError
        The file cannot be read, or is none of these.
    """
    text = file.read_text(encoding="utf-8-sig")
    match file.suffix:
        case ".toml":
            return tomllib.loads(text)
        case ".json":
            return json.loads(text)
        case ".yml" | ".yaml":
            yaml = YAML(typ="safe", pure=True)
            yaml.Constructor = _Tagged
            return yaml.load(text)
    raise ValueError(f"{file.suffix or file.name} is no YAML, TOML or JSON")


def read_settings(files: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Return file -> key -> value as text; a file that is no YAML, TOML or JSON is left out, its digest still tells of it."""
    found = {}
    for name, file in sorted(files.items()):
        try:
            document = load_document(file)
        except (OSError, ValueError, YAMLError):
            continue
        found[name] = read_keys(document)
    return found


def read_keys(document: object) -> dict[str, str]:
    """Return key -> value as text of a document that was read already, by the same rules."""
    return dict(_flatten(document))


@dataclass(frozen=True)
class Change:
    """One key of one file that says something else than it did."""

    file: str
    key: str
    before: str
    now: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.file}: {self.key} {self.before} -> {self.now}"


def settings_changes(before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> list[Change]:
    """Return what differs between two readings of files that both have, by file and key."""
    return [
        Change(file, key, before[file].get(key, _ABSENT), now[file].get(key, _ABSENT))
        for file in sorted(before.keys() & now.keys())
        for key in sorted(before[file].keys() | now[file].keys())
        if before[file].get(key) != now[file].get(key)
    ]


def _flatten(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case dict() if value:
            for name, inside in value.items():
                if not (key.endswith("meta") and name in _PROSE):
                    yield from _flatten(inside, f"{key}.{name}" if key else str(name))
        case list() if value:
            for place, inside in enumerate(value):
                # `NAME=value`, as Compose lists the environment of a service, reads as a key and its value.
                named = ASSIGNS.match(inside) if isinstance(inside, str) and not is_secret_key(key) else None
                if named:
                    yield from _flatten(inside[named.end() :], f"{key}.{named[1]}")
                else:
                    yield from _flatten(inside, f"{key}[{_entry_name(inside) or place}]")
        case _:
            yield key, _shown(key, value)


def _entry_name(value: object) -> str | None:
    """Return the name of a suite's entry: its place changes when another one is taken out."""
    about = value.get("meta") if isinstance(value, dict) else None
    return str(about["entry"]) if isinstance(about, dict) and "entry" in about else None


def _shown(key: str, value: object) -> str:
    if is_secret_key(key):
        return HIDDEN
    if isinstance(value, str):
        if address := _ADDRESS.match(value):
            return f"{address[1]}://{HIDDEN}"
        return HIDDEN if may_hold_secret(value) else value
    if isinstance(value, (dict, list)) or value is None:
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
