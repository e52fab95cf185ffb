"""A desk as stock Hummingbot leaves it, and the venues of its accounts played on this machine: both made from a demo desk."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from loopback.folder import book_of
from loopback.server import play
from loopback.venues import DIALECTS

__all__ = ["KEPT_BY_BOT", "PLANTED", "Clock", "api_layout", "played_venues", "stock_layout"]

# The credentials, none of which may be found in any file afterwards; and what Hummingbot's own files of keys hold.
PLANTED = ("planted-key-1f9c", "planted-secret-77ab", "planted-phrase-03de")
KEPT_BY_BOT = "planted-by-bot-52c8"
_CONNECTORS = {"bot1": "bitget_perpetual", "bot4": "binance_perpetual_testnet"}
# Bot -> the dialect that plays its venue.
_DIALECTS = {"bot1": "bitget", "bot4": "binance"}


@dataclass
class Clock:
    """The venues' clock, in milliseconds, which a test sets."""

    ms: int = field(default=0)

    def set(self, at: datetime) -> None:
        """Set it."""
        self.ms = int(at.timestamp() * 1000)


def stock_layout(demo: Path, folder: Path) -> Path:
    """Make a folder of plain installations side by side: the demo's files without desk.toml and without any export of a venue."""
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("desk.toml", "demo.json", "exchange"))
    for bot, connector in _CONNECTORS.items():
        _keep_key(folder / bot / "conf" / "connectors", connector)
    return folder


def _keep_key(folder: Path, connector: str) -> None:
    folder.mkdir(parents=True)
    (folder / f"{connector}.yml").write_text(f"connector: {connector}\n{connector}_api_key: {KEPT_BY_BOT}\n")


def api_layout(demo: Path, folder: Path) -> Path:
    """Make a folder as hummingbot-api has it: each bot an instance below bots/instances, with the credentials' profile by name."""
    plain = stock_layout(demo, folder)
    instances = folder / "bots" / "instances"
    instances.mkdir(parents=True)
    for bot in ("bot1", "bot2", "bot3", "bot4"):
        (plain / bot).rename(instances / bot)
    for bot, connector in _CONNECTORS.items():
        shutil.rmtree(instances / bot / "conf" / "connectors")
        keys = folder / "bots" / "credentials" / f"profile_{bot}" / "connectors"
        _keep_key(keys, connector)
    return folder


@contextmanager
def played_venues(demo: Path, clock: Clock, environment: pytest.MonkeyPatch, names: dict[str, str]) -> Iterator[None]:
    """Play the venues of the demo's accounts, with credentials for them in the environment.

    Parameters
    ----------
    names
        Bot -> what the names of its account's variables begin with.
    """
    with _played(demo, "bot1", clock) as bitget, _played(demo, "bot4", clock) as binance:
        for bot, url in (("bot1", bitget), ("bot4", binance)):
            environment.setenv(f"{names[bot]}_URL", url)
            for part, secret in zip(("API_KEY", "API_SECRET", "PASSPHRASE"), PLANTED, strict=True):
                environment.setenv(f"{names[bot]}_{part}", secret)
        yield


@contextmanager
def _played(demo: Path, bot: str, clock: Clock) -> Iterator[str]:
    with play(DIALECTS[_DIALECTS[bot]](book_of(demo / bot / "exchange"), lambda: clock.ms), 0) as venue:
        yield venue.url
