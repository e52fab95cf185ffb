"""The variables of the environment that a desk needs: their names, never what is in them."""

from collections.abc import Iterator, Mapping

from deskgate.collector.venue.venues import venue_apis
from deskgate.config.connectors import connector_name
from deskgate.config.desk import Desk

__all__ = ["variables_of"]

_ENV = "_env"


def variables_of(desk: Desk) -> list[str]:
    """Return the names of the variables that desk.toml names, and those of its accounts that have no keyring and no address."""
    named = _named(desk.model_dump(exclude={"accounts"}))
    accounts = [each for each in desk.accounts.values() if not each.keyring and not each.address]
    keys = [f"{account.variables}_{part}" for account in accounts for part in _parts(account.connector)]
    return sorted({*named, *keys})


def _parts(connector: str) -> list[str]:
    """Return the parts of a key; some venues ask for a passphrase too."""
    api = venue_apis().get(connector_name(connector))
    return ["API_KEY", "API_SECRET", *(["PASSPHRASE"] if api and api.passphrase else [])]


def _named(table: object) -> Iterator[str]:
    if isinstance(table, Mapping):
        for key, value in table.items():
            if isinstance(value, str) and str(key).endswith(_ENV):
                yield value
            else:
                yield from _named(value)
    elif isinstance(table, list | tuple):
        for value in table:
            yield from _named(value)
