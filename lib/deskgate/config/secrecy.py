"""What may be a secret in configuration: by the name of its key, or by how its value is written. It is not shown and not kept."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit, urlunsplit

__all__ = ["ASSIGNS", "is_secret_key", "keys_with_secret_address", "may_be_secret", "may_hold_secret", "shown_address"]

# The name before `=` in text such as `NAME=value` or `--name=value`.
ASSIGNS = re.compile(r"-*([A-Za-z_][\w.-]*)=")
_SECRET = re.compile(
    r"pass[-_ ]?(word|phrase|wd)?|pwd|secret|token|bearer|credential|private|(api|access)[-_ ]?key|webhook|mnemonic|signature"
    r"|(seed|recovery)[-_ ]?(phrase|words)"
    # Whatever is some key; words that end in it are none.
    r"|(?<!mon)(?<!tur)(?<!don)(?<!joc)(?<!hoc)(?<!whis)key$"
    # Short words that others begin with; and what starts a program may pass it a password.
    r"|(?<![a-z])(auth|command|entrypoint)(?![a-z])"
    # The seed of a wallet; that of random numbers is a setting.
    r"|(?<![a-z])(?<!paper[-_ ])(?<!random[-_ ])seed(?![a-z])",
    re.I,
)
_NAMES_A_VARIABLE = re.compile(r"(_env|(?i:public[-_ ]?key))$")
_MAY_HOLD_A_LOGIN = re.compile(r"://|:.*@", re.S)
# Each address of a text up to the next white space, one in another's query too.
_ADDRESSES = re.compile(r"(?=\b([A-Za-z][A-Za-z0-9+.-]*://\S+))")


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


def keys_with_secret_address(document: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the key of each text in nested tables and lists that has a secret in an address, and in words what it has there.

    A secret is whatever stands before the host (`scheme://user:password@host`, `scheme://token@host`), and a parameter whose name
    sounds like one (`?token=...`). An `@` after the host is none.
    """
    match document:
        case str():
            found = (what for address in _ADDRESSES.findall(document) if (what := _secret_of_address(address)))
            if what := next(found, None):
                yield key, what
        case dict():
            for name, inside in document.items():
                yield from keys_with_secret_address(inside, f"{key}.{name}" if key else str(name))
        case list():
            for place, inside in enumerate(document):
                yield from keys_with_secret_address(inside, f"{key}.{place}")


def shown_address(url: str) -> str:
    """Return an address as it may be shown and recorded: scheme, host, port and path, nobody before the host and no parameters."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _secret_of_address(address: str) -> str | None:
    """Return what secret an address has, in words without the secret; None where it has none."""
    try:
        parts = urlsplit(address)
        is_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number: a password with a slash in it reads so
        return "a password" if "@" in address else None
    before_host, at, _ = parts.netloc.rpartition("@")
    if ":" in before_host or (not at and not is_host and "@" in address):
        return "a password"
    if before_host:
        return "a user name or a token"
    names = (name for text in (parts.query, parts.fragment) for name, _ in parse_qsl(text))
    return "a parameter that may be a secret" if any(map(is_secret_key, names)) else None
