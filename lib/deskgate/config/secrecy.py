"""What may be a secret in configuration: by the name of its key, or by how its value is written. It is not shown and not kept."""

import re
from collections.abc import Iterator

__all__ = ["ASSIGNS", "is_secret_key", "keys_with_password", "may_be_secret", "may_hold_secret"]

# The name before `=` in text such as `NAME=value` or `--name=value`.
ASSIGNS = re.compile(r"-*([A-Za-z_][\w.-]*)=")
_SECRET = re.compile(
    r"pass(word|phrase|wd)?|secret|token|credential|private|api_?key|access_?key|webhook|mnemonic|signature"
    # Short words that others begin with; and what starts a program may pass it a password.
    r"|(?<![a-z])(auth|command|entrypoint)(?![a-z])",
    re.I,
)
_NAMES_A_VARIABLE = re.compile(r"(_env|public_key)$")
_MAY_HOLD_A_LOGIN = re.compile(r"://|:.*@", re.S)
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/?#\s]*:\S*@")


def is_secret_key(key: str) -> bool:
    """Return whether a part of a key's path sounds like a secret, whatever the parts below it are named."""
    parts = re.sub(r"\[[^\]]*\]", "", key).split(".")
    return any(_SECRET.search(part) and not _NAMES_A_VARIABLE.search(part) for part in parts)


def may_hold_secret(value: object) -> bool:
    """Return whether a value may hold a secret by how it is written: an address, a login, `PASSWORD=...`; of a table any in it."""
    match value:
        case str():
            return _MAY_HOLD_A_LOGIN.search(value) is not None or any(map(is_secret_key, ASSIGNS.findall(value)))
        case dict():
            return any(may_be_secret(str(key), inside) for key, inside in value.items())
        case list():
            return any(map(may_hold_secret, value))
    return False


def may_be_secret(key: str, value: object) -> bool:
    """Return whether a value may be a secret: by its key, by how it is written, or because it should name one and does not."""
    misplaced = any(_NAMES_A_VARIABLE.search(part) for part in key.split("."))
    return misplaced or is_secret_key(key) or may_hold_secret(value)


def keys_with_password(document: object, key: str = "") -> Iterator[str]:
    """Yield the key of each text in nested tables and lists that has a password in an address: `scheme://user:password@host`."""
    match document:
        case str() if _PASSWORD_IN_ADDRESS.search(document):
            yield key
        case dict():
            for name, inside in document.items():
                yield from keys_with_password(inside, f"{key}.{name}" if key else str(name))
        case list():
            for place, inside in enumerate(document):
                yield from keys_with_password(inside, f"{key}.{place}")
