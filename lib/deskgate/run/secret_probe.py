"""Where a run looks for secrets: the desk's configuration, the newest day's texts, and logs.

Of a log the end is looked at for what seems to be a secret: what is before it was looked at by the runs of then. Secrets of alert
addresses are known, so they are searched for in all of it.
"""

import lzma
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from deskgate.config.digests import find_configuration
from deskgate.config.known_secrets import KnownSecrets, Searched
from deskgate.config.secret_scan import FoundSecret, find_secrets
from deskgate.controls.alerts import address_secrets
from deskgate.run.log_files import find_logs, open_log

if TYPE_CHECKING:
    from deskgate.config.desk import Desk

__all__ = ["look_for_secrets"]

# Looked at of a log, over its last rotated part too.
_LOG_TAIL = 64 << 10
# What a day's folder has that is made from text of the desk: pages of notebooks show frames of the store alone.
_OF_A_DAY = ("decision.json", "actions.json", "artifacts.json", "index.html")
_OF_AN_ADDRESS = "Secret of an alert address (alerts.urls_env names the variable that keeps it)"
_UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError)


def look_for_secrets(desk: "Desk", out: Path, suites: Path) -> tuple[bool, dict[str, object]]:
    """Return whether no secret is in clear, and what was seen: how many files, what was found, what is not readable.

    Raises
    ------
    InputError
        The environment lacks the variable that desk.toml names for alert addresses, or a pattern of desk.toml is wrong.
    """
    search, logs = _Search(KnownSecrets(address_secrets(desk))), find_logs(desk, out)
    texts = chain(_configuration(desk, suites), _report_files(out))
    with TemporaryDirectory(prefix="deskgate-") as folder:
        ends = search.ends(logs.logs, Path(folder) / "end.log")
        seeming = find_secrets(chain(search.readable(texts), ends))
    found = {replace(each, line=each.line + search.lines_before.get(each.file, 0)) for each in seeming}
    places = {(each.file, each.line) for each in found}
    found |= {each for each in search.found if (each.file, each.line) not in places}
    unread = [*logs.unread, *search.unread]
    seen = {"files": search.files, "found": [asdict(each) for each in sorted(found)], "unread": unread}
    return not (found or unread), seen


class _Search:
    """Searches file after file for known secrets, and hands on what is then looked at for others."""

    def __init__(self, known: KnownSecrets) -> None:
        self._known = known
        self.files = 0
        self.found = list[FoundSecret]()
        self.unread = list[str]()
        # Name of a log -> how many lines are before its end.
        self.lines_before = dict[str, int]()

    def readable(self, files: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, Path]]:
        """Yield the files that can be read."""
        for name, file in files:
            if self._searched(name, file, 0):
                yield name, file

    def ends(self, logs: Iterable[Iterable[tuple[str, Path]]], place: Path) -> Iterator[tuple[str, Path]]:
        """Yield each part of each log with the end of its content in `place`, which is written anew for the next one."""
        for parts in logs:
            left = _LOG_TAIL
            for name, log in parts:
                if (seen := self._searched(name, log, left)) and seen.end:
                    place.write_bytes(seen.end)
                    self.lines_before[name] = seen.lines_before_end
                    yield name, place
                    left -= len(seen.end)

    def _searched(self, name: str, file: Path, end_size: int) -> Searched | None:
        """Search a file for known secrets; None where it cannot be read."""
        try:
            with open_log(file) as stream:
                seen = self._known.search(stream, end_size=end_size)
        except _UNREADABLE:
            self.unread.append(name)
            return None
        self.files += 1
        self.found += [FoundSecret(name, line, _OF_AN_ADDRESS) for line in seen.lines]
        return seen


def _configuration(desk: "Desk", suites: Path) -> Iterator[tuple[str, Path]]:
    """Yield what the baseline freezes of the desk itself; suites hold bounds alone, and environment files are a secret's place."""
    found = find_configuration(desk, suites)
    environments = {file.resolve() for file in found.started.environments}
    for name in sorted(found.files):
        if (file := desk.root / name).is_file() and file.resolve() not in environments:
            yield name, file


def _report_files(out: Path) -> Iterator[tuple[str, Path]]:
    """Yield the texts of the newest day."""
    days = sorted(folder for folder in out.glob("[0-9]*-[0-9]*-[0-9]*") if folder.is_dir())
    for name in _OF_A_DAY if days else ():
        if (file := days[-1] / name).is_file():
            yield f"{days[-1].name}/{name}", file
