"""The Ed25519 key that a desk signs its checkpoints with.

Its private part lies outside the desk and outside the reports, readable by its owner alone: who can change the audit
trail must not be able to sign another one. It is never printed. Its public part stands in desk.toml.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from deskgate.config.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from deskgate.config.desk import Desk

__all__ = ["ENVIRONMENT", "Key", "is_signed_by", "key_file", "key_id", "load_key", "make_key"]

# The variable that names the key's file; it goes before desk.toml's [audit] key.
ENVIRONMENT = "DESKGATE_AUDIT_KEY"
PREFIX = "ed25519:"
_OTHERS = 0o077


@dataclass(frozen=True)
class Key:
    """A desk's key; `public_key` is as desk.toml has it."""

    file: Path
    public_key: str
    _private: "Ed25519PrivateKey" = field(repr=False, compare=False)

    @property
    def id(self) -> str:
        """The short name of the public part."""
        return key_id(self.public_key)

    def sign(self, message: bytes) -> str:
        """Return the signature of a message, in base64."""
        return b64encode(self._private.sign(message)).decode()


def key_id(public_key: str) -> str:
    """Return the short name of a public key: the first 16 digits of the sha256 of its 32 bytes."""
    return sha256(_raw(public_key)).hexdigest()[:16]


def is_signed_by(public_key: str, signature: str, message: bytes) -> bool:
    """Return whether a signature (base64) of a message is that key's."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(_raw(public_key)).verify(b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_file(name: str, configured: Path | None = None) -> Path:
    """Return where the key of the desk `name` lies: as the environment says, else desk.toml, else the user's settings."""
    if given := os.environ.get(ENVIRONMENT):
        return Path(given).expanduser().resolve()
    if configured is not None:
        return configured.resolve()
    from platformdirs import user_config_path

    return (user_config_path("deskgate") / f"{quote(name, safe=' ')}.pem").resolve()


def load_key(desk: "Desk", out: Path) -> Key | None:
    """Return the desk's key, None where there is none.

    Raises
    ------
    InputError
        The key lies below the desk or `out`, others may read it, it is no Ed25519 key, or it is not the one whose public
        part stands in desk.toml.
    """
    file = key_file(desk.name, desk.audit_key_file)
    if not file.exists():
        return None
    key = _read(file, (desk.root, out))
    if desk.audit.public_key not in (None, key.public_key):
        raise InputError(
            f"{file}: its public key is {key.public_key}, expected {desk.audit.public_key} of {desk.file}, [audit]"
            " public_key; correct that line, and keep the former key in [audit] former_keys"
        )
    return key


def make_key(file: Path, outside: Iterable[Path]) -> tuple[Key, bool]:
    """Make a key at `file`, and return it and whether it is new; a key that is there is never overwritten.

    Parameters
    ----------
    outside
        Folders that the key must not lie in: the desk's, and that of its reports.

    Raises
    ------
    InputError
        As `load_key`, or no key can be written there.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    folders = tuple(outside)
    _refuse_inside(file, folders)
    if file.exists():
        return _read(file, folders), False
    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(file, text)
    except OSError as error:
        raise InputError(
            f"{file}: no key can be written there, {error.strerror}; name another place with {ENVIRONMENT} or [audit] key in"
            " desk.toml"
        ) from error
    return _read(file, folders), True


def _write_once(file: Path, text: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all, and never over another one."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            # Another process made one meanwhile: that one is the desk's.
            os.link(partial, file)
    finally:
        partial.unlink()


def _read(file: Path, folders: Iterable[Path]) -> Key:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _refuse_inside(file, folders)
    try:
        mode = file.stat().st_mode
        if os.name != "nt" and mode & _OTHERS:
            raise InputError(
                f"{file}: others than its owner may use this key (mode {mode & 0o777:o}), expected mode 600; run `chmod 600"
                f" {file}`, and make a new one if somebody may have read it"
            )
        private = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise InputError(
            f"{file}: the key is not readable, {error.strerror}; give this user the right to read it"
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(
            f"{file}: no key that can be read, expected an Ed25519 key in PEM without a password; move it away, and make one"
            " with `deskgate audit key`"
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise InputError(f"{file}: a key of another kind, expected Ed25519; move it away, and run `deskgate audit key`")
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return Key(file, PREFIX + b64encode(public).decode(), private)


def _refuse_inside(file: Path, folders: Iterable[Path]) -> None:
    for folder in folders:
        if file.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"{file}: the key lies in {folder}, expected it outside the desk and its reports, where who can change the"
                f" audit trail does not reach it; move it, and name its place with {ENVIRONMENT} or [audit] key in desk.toml"
            )


def _raw(public_key: str) -> bytes:
    return b64decode(public_key.removeprefix(PREFIX), validate=True)
