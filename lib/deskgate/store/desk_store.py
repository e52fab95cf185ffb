"""Where a desk's store lies, and what is new of its files ingested into it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.store.ingest import Account, Ingestor
from deskgate.store.sums import refuse_damaged
from deskgate.store.tables import Store, is_local

__all__ = ["ingest_desk", "open_existing", "open_recorded", "open_store", "open_to_read", "store_location"]


def store_location(desk: Desk, out: Path) -> str:
    """Return where the desk's store lies: desk.toml's `[store] path` (relative to the desk), else `<out>/store`."""
    if desk.store is None:
        return str(out.resolve() / "store")
    return desk.store if "://" in desk.store else str((desk.root / desk.store).resolve())


def open_store(desk: Desk, out: Path) -> Store:
    """Return the desk's store, and make it where there is none.

    Raises
    ------
    InputError
        As `Store.open`.
    """
    return Store.open(store_location(desk, out), desk.name)


def open_existing(desk: Desk, out: Path) -> Store:
    """Return the desk's store, to which something is added that is of no use in a store of its own.

    Raises
    ------
    InputError
        There is none; or as `Store.open`.
    """
    location = store_location(desk, out)
    if is_local(location) and not Path(location).exists():
        raise InputError(f"{location}: no store there, expected one that `deskgate daily` made; give that run's --out")
    return open_store(desk, out)


def open_recorded(desk: Desk, location: str, out: Path) -> Store:
    """Return the store that a day's run read, whole; where it was moved together with its day, that in `out`.

    Raises
    ------
    InputError
        It is not there any more, a file of it is not as it was written; or as `Store.open`.
    """
    places = [location, store_location(desk, out)]
    found = next((each for each in places if not is_local(each) or Path(each).exists()), None)
    if found is None:
        raise InputError(
            f"{location}: the store that the day was run with is not there, expected it there or in {places[1]}; give the --out that"
            " has it, or run the day again"
        )
    refuse_damaged(found)
    return Store.open(found, desk.name)


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
    return open_store(desk, out)


def ingest_desk(desk: Desk, out: Path, now: Callable[[], datetime]) -> tuple[Store, Account]:
    """Ingest what is new of the desk's files into its store; what it already holds adds nothing.

    Raises
    ------
    InputError
        A file of the store is not as it was written; or one of the desk cannot be read: what came before it has been ingested.
    """
    store = open_store(desk, out)
    refuse_damaged(store.location)
    account = Ingestor(store, desk, now).ingest_files()
    store.compact()
    return store, account
