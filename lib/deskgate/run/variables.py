"""The variables of the environment that a desk needs: their names, never what is in them."""

from collections.abc import Iterator, Mapping

from deskgate.collector.venue.credentials import variables_of_key
from deskgate.collector.venue.venues import venue_apis
from deskgate.config.connectors import connector_name
from deskgate.config.desk import Desk

__all__ = ["key_variables", "variables_of"]

_ENV = "_env"


def variables_of(desk: Desk) -> list[str]:
    """Return the names of the variables that desk.toml names, and those of its accounts that have no keyring and no address."""
    named = _named(desk.model_dump(exclude={"accounts"}))
    accounts = [each for each in desk.accounts.values() if not each.keyring and not each.address]
    keys = [name for account in accounts for name in key_variables(account.connector, account.variables) or ()]
    return sorted({*named, *keys})


def key_variables(connector: str, prefix: str) -> list[str] | None:
    """Return the variables of a key of a connector's venue, which begin with `prefix`.

    None where `deskgate snapshot` cannot ask the venue; empty where it is asked by a wallet's public address.
    """
    api = venue_apis().get(connector_name(connector))
    return None if api is None else [*variables_of_key(api, prefix).values()]


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
