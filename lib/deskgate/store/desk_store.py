"""Where a desk's store lies, and what is new of its files ingested into it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.store.ingest import Account, Ingestor
from deskgate.store.tables import Store, is_local

__all__ = ["ingest_desk", "open_to_read", "store_location"]


def store_location(desk: Desk, out: Path) -> str:
    """Return where the desk's store lies: desk.toml's `[store] path` (relative to the desk), else `<out>/store`."""
    if desk.store is None:
        return str(out.resolve() / "store")
    return desk.store if "://" in desk.store else str((desk.root / desk.store).resolve())


def open_to_read(desk: Desk, out: Path) -> Store:
    """Return the desk's store without making one: a store that is not there is an empty one to look at.

    Raises
    ------
    InputError
        As `Store.open`.
    """
    location = store_location(desk, out)
    if is_local(location) and not Path(location).exists():
        return Store(location, desk.name)
    return Store.open(location, desk.name)


def ingest_desk(desk: Desk, out: Path, now: Callable[[], datetime]) -> tuple[Store, Account]:
    """Ingest what is new of the desk's files into its store; what it already holds adds nothing.

    Raises
    ------
    InputError
        A file cannot be read; what came before it has been ingested.
    """
    store = Store.open(store_location(desk, out), desk.name)
    account = Ingestor(store, desk, now).ingest_files()
    store.compact()
    return store, account
