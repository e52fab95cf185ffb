"""All kinds of source that Deskgate reads, and what the rest of it asks about them.

A new dialect adds its `KINDS` here. Where a file matches the signatures of several kinds, the first one listed counts.
"""

from collections.abc import Collection

from deskgate.config.errors import InputError
from deskgate.sources.ccxt.kinds import KINDS as CCXT
from deskgate.sources.control_plane.kinds import KINDS as CONTROL_PLANE
from deskgate.sources.hummingbot.kinds import KINDS as HUMMINGBOT
from deskgate.sources.source_kind import SourceKind

__all__ = [
    "KINDS",
    "ORDER_STATES",
    "account_kinds",
    "database_kinds",
    "database_suffixes",
    "export_folders",
    "fill_kinds",
    "folder_suffixes",
    "kind_named",
    "local_kinds",
    "missing_order_exports",
    "stream_kinds",
]

KINDS: tuple[SourceKind, ...] = (*CONTROL_PLANE, *HUMMINGBOT, *CCXT)
# The venue's order exports show whether an order is open only where together they list all of these.
ORDER_STATES = ("closed", "canceled", "open")


def kind_named(name: str) -> SourceKind:
    """Return the kind of that name.

    Raises
    ------
    InputError
        No kind has that name.
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise InputError(f"'{name}' is not a kind of source, expected one of {', '.join(kind.name for kind in KINDS)}")


def fill_kinds(leg: str) -> list[str]:
    """Return the names of the kinds that could show a fill in `leg`."""
    return [kind.name for kind in KINDS if kind.leg == leg and "fills" in kind.tables]


def local_kinds(table: str) -> list[str]:
    """Return the names of the kinds of a bot's own records with rows of a canonical table."""
    return [kind.name for kind in KINDS if kind.leg == "local" and table in kind.tables]


def stream_kinds(table: str) -> list[str]:
    """Return the names of the kinds of event stream with rows of a canonical table."""
    return [kind.name for kind in KINDS if kind.leg == "events" and table in kind.tables]


def account_kinds(table: str) -> list[str]:
    """Return the names of the venue's account exports with rows of a canonical table."""
    return [kind.name for kind in KINDS if kind.of_account and table in kind.tables]


def database_kinds() -> list[str]:
    """Return the names of the kinds that are a bot's own database."""
    return [kind.name for kind in KINDS if kind.database]


def export_folders() -> set[str]:
    """Return the names of folders, within an account's exports, that hold nothing but exports of one kind."""
    return {name for kind in KINDS for name in kind.folders}


def missing_order_exports(found: Collection[str]) -> list[str]:
    """Return which orders no export in `found` lists, each with the kinds any of which would do."""
    listed = {state for kind in KINDS if kind.name in found for state in kind.order_states}
    wanted = ((state, [kind.name for kind in KINDS if state in kind.order_states]) for state in ORDER_STATES)
    return [f"{state} orders ({' or '.join(names)})" for state, names in wanted if state not in listed]


def database_suffixes() -> tuple[str, ...]:
    """Return how the names of bots' own databases end."""
    return tuple(dict.fromkeys(suffix for kind in KINDS if kind.database for suffix in kind.suffixes))


def folder_suffixes() -> tuple[str, ...]:
    """Return how the names end of the files that are read from a folder; a bot's own files are listed by pattern only."""
    return tuple(dict.fromkeys(suffix for kind in KINDS if kind.leg != "local" for suffix in kind.suffixes))
