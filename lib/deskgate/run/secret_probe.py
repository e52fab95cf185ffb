"""Where a run looks for secrets: the desk's configuration, the newest day's texts, and the ends of logs."""

import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from deskgate.config.digests import find_configuration
from deskgate.config.patterns import matches
from deskgate.config.secret_scan import FoundSecret, find_secrets, is_allowed
from deskgate.controls.alerts import addresses_with_secret

if TYPE_CHECKING:
    from deskgate.config.desk import Desk

__all__ = ["look_for_secrets"]

# Of a log its end is looked at, over its last rotated part too: what is before it was looked at by the runs of then.
_LOG_TAIL = 64 << 10
_CHUNK = 1 << 20
# What a day's folder has that is made from text of the desk: pages of notebooks show frames of the store alone.
_OF_A_DAY = ("decision.json", "actions.json", "artifacts.json", "index.html")


def look_for_secrets(desk: "Desk", out: Path, suites: Path) -> tuple[bool, dict[str, object]]:
    """Return whether no secret is in clear, and what was seen: how many files, what was found, which logs are not readable."""
    files, unread, before = [*_configuration(desk, suites), *_report_files(out)], [], dict[str, int]()
    with TemporaryDirectory(prefix="deskgate-") as folder:
        for parts in _logs(desk, out):
            left = _LOG_TAIL
            for name, log in parts:
                try:
                    text, before[name] = _end_of(log, left) if left else (b"", 0)
                except (OSError, EOFError, zlib.error):
                    unread.append(name)
                    continue
                end = Path(folder) / f"{len(files)}.log"
                end.write_bytes(text)
                files.append((name, end))
                left -= len(text)
        found = [replace(each, line=each.line + before.get(each.file, 0)) for each in find_secrets(files)]
    found += [each for each in _of_addresses(desk) if (each.file, each.line) not in {(f.file, f.line) for f in found}]
    seen = {"files": len(files), "found": [asdict(each) for each in sorted(found)], "unread": unread}
    return not (found or unread), seen


def _configuration(desk: "Desk", suites: Path) -> Iterator[tuple[str, Path]]:
    """Yield what the baseline freezes of the desk itself; suites hold bounds alone, and environment files are a secret's place."""
    found = find_configuration(desk, suites)
    environments = {file.resolve() for file in found.started.environments}
    for name in found.digests():
        if (file := desk.root / name).is_file() and file.resolve() not in environments:
            yield name, file


def _of_addresses(desk: "Desk") -> Iterator[FoundSecret]:
    """Yield the alert addresses in desk.toml that hold a secret: they have a form of their own that no detector knows."""
    for address in addresses_with_secret(desk):
        for number, line in enumerate(desk.file.read_text(encoding="utf-8-sig").splitlines(), 1):
            if address in line and not is_allowed(line):
                yield FoundSecret(desk.file.name, number, "Alert address with a secret (name it by alerts.urls_env)")


def _report_files(out: Path) -> Iterator[tuple[str, Path]]:
    """Yield the texts of the newest day."""
    days = sorted(folder for folder in out.glob("[0-9]*-[0-9]*-[0-9]*") if folder.is_dir())
    for name in _OF_A_DAY if days else ():
        if (file := days[-1] / name).is_file():
            yield f"{days[-1].name}/{name}", file


def _logs(desk: "Desk", out: Path) -> Iterator[list[tuple[str, Path]]]:
    """Yield each log in a `logs` folder of the run, the desk, a folder in it or beside a bot's files: it and its last rotated part."""
    folders = {folder.resolve(): desk.root for folder in (desk.root / "logs", *desk.root.glob("*/logs"))}
    folders |= {(place / "logs").resolve(): desk.root for place in _places(desk)}
    folders[(out / "logs").resolve()] = out
    for folder, root in sorted(folders.items()):
        groups: dict[str, list[Path]] = {}
        for log in folder.glob("*.log*"):
            if log.is_file():
                groups.setdefault(log.name.partition(".log")[0], []).append(log)
        for name, parts in sorted(groups.items()):
            rotated = [part for part in parts if part.name != f"{name}.log"]
            newest = sorted(rotated, key=lambda part: (part.stat().st_mtime_ns, part.name))[-1:]
            found = [part for part in parts if part.name == f"{name}.log"] + newest
            yield [(Path(os.path.relpath(log, root.resolve())).as_posix(), log) for log in found]


def _places(desk: "Desk") -> set[Path]:
    """Return the folders that the bots' own files lie in, and those above them: Hummingbot's `logs` is beside its `data`."""
    found = {
        file.parent
        for name, bot in desk.bots.items()
        for where in ("local", "events", "config")
        for pattern in getattr(bot, where)
        for file in matches(desk, f"bots.{name}.{where}", pattern)
    }
    return found | {folder.parent for folder in found if folder != desk.root}


def _end_of(log: Path, size: int) -> tuple[bytes, int]:
    """Return the last `size` bytes of a log, which may be compressed, and how many lines are before them."""
    end, before = b"", 0
    with gzip.open(log, "rb") if log.suffix == ".gz" else log.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            end += chunk
            before += end[:-size].count(b"\n")
            end = end[-size:]
    return end, before
