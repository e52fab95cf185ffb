"""The tables [accounts.<name>] of desk.toml: accounts at venues that `deskgate snapshot` may read.

An account is one set of credentials at one venue, for spot or for contracts. desk.toml names where the credentials are, never
the credentials: a prefix of variables in the environment, or a service in the keyring of the system.
"""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from deskgate.config.connectors import is_paper, is_testnet
from deskgate.config.servers import Variable
from deskgate.config.strict import Strict

__all__ = ["EXPORTS", "Account"]

# Where the exports of an account lie, relative to the desk, unless desk.toml says otherwise.
EXPORTS = "exports"


def _is_inside(folder: str) -> str:
    parts = PurePosixPath(folder).parts
    if not parts or parts[0] == "/" or ".." in parts or any(char in folder for char in "*?["):
        raise PydanticCustomError("folder", "expected one folder in the desk's own, relative to it, without * ? [")
    return folder


class Account(Strict):
    """One account at a venue.

    Attributes
    ----------
    connector
        Hummingbot's name for it: it says the venue, spot or contracts, and the test network.
    env
        What the names of its variables in the environment begin with: `<env>_API_KEY`, `<env>_API_SECRET` and, where the venue
        asks for one, `<env>_PASSPHRASE`. Default: `DESKGATE_<NAME OF THE ACCOUNT>`.
    keyring
        The service in the system's keyring that has them instead, under the names `api_key`, `api_secret`, `passphrase`.
    address
        The public address of a wallet, for a venue that is read by it and needs no key.
    folder
        Where its exports are written, relative to the desk; default: `exports/<name of the account>`.
    """

    name: str = ""
    connector: Annotated[str, Field(min_length=1)]
    env: Variable | None = None
    keyring: Annotated[str, Field(min_length=1)] | None = None
    address: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")] | None = None
    folder: Annotated[str, AfterValidator(_is_inside)] = ""

    @model_validator(mode="after")
    def _can_be_asked(self) -> "Account":
        if is_paper(self.connector):
            raise ValueError(
                f"connector is '{self.connector}', expected one of a venue: a paper bot has no account there, and its own"
                " ledger is its counterpart"
            )
        if self.env and self.keyring:
            raise ValueError("has env and keyring, expected one place that holds its credentials; remove the other")
        return self

    @property
    def is_testnet(self) -> bool:
        """Whether it is of a venue's test network."""
        return is_testnet(self.connector)

    @property
    def variables(self) -> str:
        """What the names of its variables in the environment begin with."""
        return self.env or f"DESKGATE_{''.join(char if char.isalnum() else '_' for char in self.name.upper())}"

    @property
    def credentials(self) -> str:
        """Which credentials it is read with, in words."""
        if self.address:
            return f"address {self.address.lower()}"
        return f"keyring {self.keyring}" if self.keyring else f"variables {self.variables}"

    @property
    def export_folder(self) -> str:
        """Where its exports lie, relative to the desk."""
        return self.folder or f"{EXPORTS}/{self.name}"
