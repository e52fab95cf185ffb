"""A folder -> the bots in it: where their databases, logs, event files and exports lie, and what is missing.

It looks in the usual places of Hummingbot, hummingbot-api and controller logs, tells files by their content, and only
proposes: a person reads the draft before anything is judged. Nothing is written.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path

from deskgate.config.desk import Mode
from deskgate.config.errors import InputError
from deskgate.sources.ccxt.account import derivation
from deskgate.sources.discovery.facts import Facts, facts_of, named_bots
from deskgate.sources.kinds import kind_of

__all__ = ["FoundBot", "discover"]

MAX_DEPTH = 6
_SKIPPED = {"node_modules", "__pycache__", "venv", "site-packages"}
_SUFFIXES = (".sqlite", ".csv", ".csv.gz", ".json", ".json.gz", ".jsonl", ".jsonl.gz")
# A JSON document is parsed whole to be told; exports of a bot are far smaller.
_LARGEST_DOCUMENT = 256 << 20
# Folders inside a bot's own folder; the bot is what they are in.
_INNER = {"data", "exchange", "paper_ledger", "positions", "balance", "balances", "event_store", "events"}
_ACCOUNTS = {"positions", "balance", "balances"}


@dataclass
class FoundBot:
    """One bot as found: proposals for its entry in desk.toml, what is missing and what a person should know."""

    name: str
    mode: Mode = Mode.DISABLED
    connector: str = "unknown"
    pairs: list[str] = field(default_factory=list)
    local: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    exchange: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Find:
    """One file of a known kind; `archived` under an archive of instances that have been stopped."""

    file: Path
    kind: str
    document: object
    owner: str | None
    archived: bool


def discover(root: Path) -> list[FoundBot]:
    """Return the bots whose files lie under `root`, by name.

    Folders deeper than six levels, hidden ones and those of installed packages are not looked at. Files that cannot
    be read or are of no known kind are left out.
    """
    finds = list(_finds(root))
    live = {find.owner for find in finds if find.kind == "hummingbot_db" and find.owner and not find.archived}
    by_bot: dict[str, list[_Find]] = {}
    for find in finds:
        for name in _bots_of(root, find, live):
            by_bot.setdefault(name, []).append(find)
    return [_found(root, name, by_bot[name], finds) for name in sorted(by_bot)]


def _finds(root: Path) -> Iterator[_Find]:
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        inside = here.relative_to(root).parts
        folders[:] = sorted(
            name for name in folders if len(inside) < MAX_DEPTH and name not in _SKIPPED and name[0] not in "._"
        )
        for name in sorted(names):
            file = here / name
            if not name.endswith(_SUFFIXES) or not file.is_file():
                continue
            if ".json" in name and ".jsonl" not in name and file.stat().st_size > _LARGEST_DOCUMENT:
                continue
            try:
                kind, document = kind_of(file)
            except (InputError, OSError):
                continue
            yield _Find(file, kind, document, _owner(inside), "archived" in inside)


def _owner(inside: tuple[str, ...]) -> str | None:
    """Return the bot's folder: the one above its logs, and above the folders that say what a file is."""
    parts = list(inside[: inside.index("logs")] if "logs" in inside else inside)
    while parts and parts[-1] in _INNER:
        parts.pop()
    return parts[-1] if parts else None


def _bots_of(root: Path, find: _Find, live: set[str]) -> Iterable[str]:
    named = named_bots(find.file, find.kind, find.document)
    if find.kind == "mqtt_events" and find.owner in live:
        # The folder of a database says whose stream lies beside it, even where the instance has another name.
        return [find.owner]
    if named:
        return sorted(named)
    if find.archived and find.owner:
        matches = [name for name in live if find.owner.startswith(name)]
        return [max(matches, key=len, default=find.owner)]
    if find.owner:
        return [find.owner]
    stem = find.file.name.partition(".")[0]
    return [stem if find.kind == "hummingbot_db" and stem != "hummingbot_trades" else root.resolve().name or "bot"]


def _found(root: Path, name: str, finds: list[_Find], everything: list[_Find]) -> FoundBot:
    facts = Facts.of(facts_of(find.file, find.kind, find.document, name) for find in finds)
    bot = FoundBot(name, pairs=facts.pairs)
    if facts.connector and facts.pairs:
        bot.connector = facts.connector
        bot.mode = _mode(bot.connector)
        if len(facts.connectors) > 1:
            bot.notes.append(f"its records also name {', '.join(facts.connectors[1:])}: check mode and connector")
    else:
        bot.missing.append("no record names its connector and pair: set both and its mode before it can be judged")
    _propose_local(root, bot, finds)
    bot.events = sorted({_event_pattern(root, find.file) for find in finds if find.kind in _STREAMS})
    _propose_exchange(root, bot, finds, {find.file for find in everything})
    bot.missing += _absent(bot, {find.kind for find in finds})
    if bot.mode is Mode.LIVE:
        bot.missing.append(
            "no file says its shadow (or expected) and opening: parity and portfolio risk block until set"
        )
    return bot


def _mode(connector: str) -> Mode:
    if "testnet" in connector:
        return Mode.TESTNET
    return Mode.PAPER if "paper" in connector else Mode.LIVE


def _propose_local(root: Path, bot: FoundBot, finds: list[_Find]) -> None:
    databases = {_database_pattern(root, find.file) for find in finds if find.kind == "hummingbot_db"}
    logs = {find.kind: set[str]() for find in finds if find.kind in ("controller_minutes", "controller_fills")}
    for find in finds:
        if find.kind in logs:
            stem = "minute" if find.kind == "controller_minutes" else "fills"
            logs[find.kind].add(f"{_relative(root, find.file.parent)}/{stem}*.csv*".removeprefix("./"))
    fills = logs.get("controller_fills", set())
    if databases and fills:
        bot.notes.append("fills*.csv is left out: the database has the same fills, and listed twice they count twice")
        fills = set()
    bot.local = sorted(databases) + sorted(logs.get("controller_minutes", set())) + sorted(fills)


def _propose_exchange(root: Path, bot: FoundBot, finds: list[_Find], known: set[Path]) -> None:
    exports = [find for find in finds if find.kind in _EXPORTS]
    folders = {find.file.parent.parent if find.file.parent.name in _ACCOUNTS else find.file.parent for find in exports}
    ledgers = {folder for folder in folders if folder.name == "paper_ledger"}
    if bot.mode is Mode.PAPER and ledgers:
        if folders - ledgers:
            bot.notes.append("a paper bot has no venue: its own ledger is the counterpart, other exports are left out")
        folders = ledgers
    elif folders - ledgers:
        folders -= ledgers
    bot.exchange = sorted(pattern for folder in folders for pattern in _folder_patterns(root, folder, exports, known))
    for find in finds:
        if find.kind == "account_snapshot":
            bot.exchange.append(_relative(root, find.file))
            if why := derivation(find.document, bot.name):
                bot.notes.append(f"{bot.exchange[-1]} proves nothing about the venue, it was {why}")


def _folder_patterns(root: Path, folder: Path, exports: list[_Find], known: set[Path]) -> list[str]:
    """Return the folder itself, or its files one by one where others lie among them."""
    documents = {file for end in (".json", ".json.gz", ".jsonl", ".jsonl.gz") for file in folder.rglob(f"*{end}")}
    own = {find.file for find in exports if find.file.is_relative_to(folder)}
    if folder != root and documents <= own & known:
        return [_relative(root, folder)]
    return [_relative(root, file) for file in own]


_EXPORTS = {
    *("my_trades", "closed_orders", "canceled_orders", "open_orders", "funding_history", "transfers"),
    *("positions", "balance"),
}
_STREAMS = {"mqtt_events", "event_envelopes"}
_WANTED = (
    ({"my_trades"}, "no trades of the venue (my_trades.json): its fills cannot be reconciled"),
    ({"closed_orders", "canceled_orders", "open_orders"}, "no orders of the venue: order states cannot be compared"),
    ({"positions", "balance"}, "no positions or balance of the venue: drift cannot be seen"),
    ({"controller_minutes"}, "no minute*.csv of a controller: nothing shows that the bot ran, so the soak gate blocks"),
)


def _absent(bot: FoundBot, kinds: set[str]) -> list[str]:
    legs = [
        (bot.local, "no database and no controller log: the bot's own account is absent"),
        (bot.events, "no event file: the stream's account is absent"),
        (bot.exchange, "no exports of the venue: the exchange's account is absent"),
    ]
    wanted = [why for any_of, why in _WANTED if not any_of & kinds and (bot.exchange or not any_of & _EXPORTS)]
    return [why for patterns, why in legs if not patterns] + wanted


def _database_pattern(root: Path, file: Path) -> str:
    # One folder of an instance is one bot's; the root's own data folder has one database for each bot.
    if file.parent in (root, root / "data"):
        return _relative(root, file)
    return f"{_relative(root, file.parent)}/*.sqlite"


def _event_pattern(root: Path, file: Path) -> str:
    stem = file.name.partition(".")[0]
    dated = stem.rstrip("0123456789TZ-")
    name = f"{escape(dated)}*" if dated != stem and dated else escape(stem)
    return f"{_relative(root, file.parent)}/{name}.jsonl*".removeprefix("./")


def _relative(root: Path, place: Path) -> str:
    return escape(place.relative_to(root).as_posix())
