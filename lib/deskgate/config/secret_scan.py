"""Which files hold a secret in clear, as detect-secrets 1.5 finds it.

Detectors of random-looking text are left out: digests, order ids and encrypted keystores are full of it. Nothing is verified over
the network. What is found is told by kind and place, never by the secret itself. A line that ends in
`pragma: allowlist secret` was looked at by a person and is passed over, as detect-secrets does everywhere.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deskgate.config.servers import is_variable

__all__ = ["FoundSecret", "find_secrets", "is_allowed"]

# A public address and a random-looking word are no secrets by themselves.
_LEFT_OUT = frozenset({"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector"})
# What detect-secrets calls the file of a line that is scanned by itself; its name says of no format.
_NO_FORMAT = "adhoc-string-scan"


@dataclass(frozen=True, order=True)
class FoundSecret:
    """One secret: the file as it was named, the line from 1 on, and what kind of secret it seems to be."""

    file: str
    line: int
    kind: str


def find_secrets(files: Iterable[tuple[str, Path]]) -> list[FoundSecret]:
    """Return what seems to be a secret in text files, sorted; a file that is no text holds none.

    Parameters
    ----------
    files
        The name that a finding is told by, and where the file lies.
    """
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.settings import transient_settings

    known = {detector.__name__ for detector in get_mapping_from_secret_type_to_class().values()}
    with transient_settings({"plugins_used": [{"name": name} for name in sorted(known - _LEFT_OUT)]}):
        is_suspect = _suspects()
        return sorted({each for name, file in files for each in _of_file(name, file, is_suspect)})


def is_allowed(line: str) -> bool:
    """Whether a person has looked at a line and said in it that it holds no secret."""
    return "pragma: allowlist secret" in line


def _suspects() -> Callable[[str], bool]:
    """Return whether any detector finds something in a line of text that has no format, such as JSON, HTML or a log."""
    from detect_secrets.settings import get_plugins

    detectors = get_plugins()
    # Lines of JSON are often the same.
    return cache(lambda line: any(each.analyze_line(filename=_NO_FORMAT, line=line) for each in detectors))


def _of_file(name: str, file: Path, is_suspect: Callable[[str], bool]) -> Iterator[FoundSecret]:
    """Yield the secrets of one file, as its format reads it and line by line.

    As a format detect-secrets drops comments, and of TOML what an inline table holds; by lines it misses values without quotes.
    """
    from detect_secrets.core.scan import scan_file, scan_line

    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [(secret.line_number, secret) for secret in scan_file(str(file))] if _reads(file, is_suspect) else []
    found += [(number, each) for number, line in enumerate(lines, 1) if is_suspect(line) for each in scan_line(line)]
    for number, secret in found:
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        if not _names_a_variable(line, secret.secret_value or ""):
            yield FoundSecret(name, number, secret.type)


def _reads(file: Path, is_suspect: Callable[[str], bool]) -> bool:
    """Whether the scan of a whole file can find something: it has a format, or a line of it is suspect."""
    from detect_secrets.transformers import get_transformed_file
    from detect_secrets.util.filetype import FileType, determine_file_type

    if determine_file_type(str(file)) != FileType.OTHER:
        return True
    try:
        with file.open() as text:
            as_format = (get_transformed_file(text, use_eager_transformers=eager) for eager in (False, True))
            return any(as_format) or any(is_suspect(line.rstrip()) for line in text)
    except UnicodeDecodeError:
        # It is no text, or becomes none further on.
        return True


def _names_a_variable(line: str, value: str) -> bool:
    """Whether what was found is the name of the environment's variable that holds the secret, as in `password_env = "NAME"`."""
    return (
        is_variable(value)
        and re.search(rf"_env[\"']?\s*[=:]\s*[\"']?{re.escape(value)}[\"']?\s*([,}}#]|$)", line) is not None
    )
