"""The table of venues: each in a module of its own, `venues_<venue>.py`, with its connectors as `VENUES`."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from deskgate.collector import venue
from deskgate.collector.venue.api import VenueApi
from deskgate.config.connectors import connector_name
from deskgate.config.errors import InputError, did_you_mean

__all__ = ["venue_api", "venue_apis"]

_PREFIX = "venues_"


@cache
def venue_apis() -> Mapping[str, VenueApi]:
    """Return what can be asked of each connector, by Hummingbot's name without a test network."""
    names = sorted(found.name for found in iter_modules(venue.__path__) if found.name.startswith(_PREFIX))
    modules = [import_module(f"{venue.__name__}.{name}") for name in names]
    return {api.connector: api for module in modules for api in module.VENUES}


def venue_api(connector: str, where: str) -> VenueApi:
    """Return what can be asked of a connector; `where` is the key of desk.toml that names it.

    Raises
    ------
    InputError
        Deskgate cannot ask this venue.
    """
    known, name = venue_apis(), connector_name(connector)
    if name not in known:
        raise InputError(
            f"{where} is '{connector}', expected one of {', '.join(sorted(known))}{did_you_mean(name, known)}; write its exports"
            " by another way and list them under exchange"
        )
    return known[name]
