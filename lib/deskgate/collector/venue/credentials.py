"""The credentials of an account: read from the environment or the system's keyring, never shown and never written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from deskgate.collector.venue.api import VenueApi
from deskgate.config.accounts import Account
from deskgate.config.errors import InputError

__all__ = ["Credentials", "read_credentials", "variables_of_key"]

_HIDDEN = "***"
# A shorter text may be part of any other.
_SHORTEST = 8


@dataclass(frozen=True)
class Credentials:
    """A key, its secret and, where the venue asks for one, its passphrase; or the public address of a wallet."""

    api_key: str = field(default="", repr=False)
    api_secret: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    address: str = ""

    @property
    def digest(self) -> str:
        """What tells this account's key or address from another: the key cannot be had from it."""
        return sha256((self.address.lower() or self.api_key).encode()).hexdigest()[:12]

    def hide(self, value: object) -> object:
        """Return a value, or a text, without any of the secret parts in it."""
        match value:
            case str():
                for secret in filter(None, (self.api_key, self.api_secret, self.passphrase)):
                    if value == secret or len(secret) >= _SHORTEST:
                        value = value.replace(secret, _HIDDEN)
                return value
            case dict():
                return {key: self.hide(inside) for key, inside in value.items()}
            case list() | tuple():
                return [self.hide(inside) for inside in value]
        return value


def variables_of_key(api: VenueApi, prefix: str) -> dict[str, str]:
    """Return the variables of the environment that have the parts of a key, by part; their names begin with `prefix`."""
    return {part: f"{prefix}_{part.upper()}" for part in api.key_parts}


def read_credentials(account: Account, api: VenueApi, environment: Mapping[str, str]) -> Credentials:
    """Return the credentials of an account.

    Raises
    ------
    InputError
        One of them is missing, or the keyring cannot be read; the sentence has their names.
    """
    if api.by_address:
        if account.address is None:
            raise InputError(
                f"accounts.{account.name} has no address, expected the public address of its wallet; add address to desk.toml"
            )
        return Credentials(address=account.address)
    if account.keyring:
        found = {part: _from_keyring(account, part) for part in api.key_parts}
        names = {part: part for part in api.key_parts}
        where = f"the keyring's service '{account.keyring}'"
    else:
        names = variables_of_key(api, account.variables)
        found = {part: environment.get(name, "").strip() for part, name in names.items()}
        where = "the environment"
    if missing := [names[part] for part in api.key_parts if not found[part]]:
        raise InputError(
            f"accounts.{account.name}: {where} has no {', '.join(missing)}, expected the parts of a key that may only read; set"
            " them there, or name another place in desk.toml"
        )
    return Credentials(**found)


def _from_keyring(account: Account, part: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        return (keyring.get_password(account.keyring or "", part) or "").strip()
    except KeyringError as error:
        raise InputError(
            f"accounts.{account.name}: the keyring cannot be read, {type(error).__name__}; unlock it, or name variables of the"
            " environment with env in desk.toml"
        ) from error
