"""The files found of one bot -> its entry in desk.toml as proposed, and what is missing for it to be judged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path

from deskgate.config.bot import Bot, Mode
from deskgate.config.connectors import is_of_contracts, is_paper
from deskgate.sources import registry
from deskgate.sources.discovery.facts import Facts
from deskgate.sources.market_names import is_twin, judged_pair, plain_pair
from deskgate.sources.recognition import recognise
from deskgate.sources.source_kind import SourceKind

__all__ = ["Find", "FoundBot", "propose_bot"]

# What gates ask of a bot's files: any of these tables, of an account's exports or of a leg of its own.
_WANTED = (
    ("exchange", {"fills"}, "no trades of the venue (my_trades.json): its fills cannot be reconciled"),
    ("exchange", {"orders"}, "no orders of the venue: order states cannot be compared"),
    ("exchange", {"positions", "balances"}, "no positions or balance of the venue: drift cannot be seen"),
    ("local", {"snapshots"}, "no minute*.csv of a controller: nothing shows that the bot ran, so the soak gate blocks"),
)


@dataclass
class FoundBot:
    """One bot as found: proposals for its entry in desk.toml, what is missing and what a person should know."""

    name: str
    mode: Mode = Mode.DISABLED
    connectors: list[str] = field(default_factory=lambda: ["unknown"])
    pairs: list[str] = field(default_factory=list)
    symbols: dict[str, str] = field(default_factory=dict)
    local: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    exchange: list[str] = field(default_factory=list)
    instances: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def connector(self) -> str:
        """The first of its connectors."""
        return self.connectors[0]


@dataclass(frozen=True)
class Find:
    """One file of a known kind; `archived` under an archive of instances that have been stopped."""

    file: Path
    kind: SourceKind
    is_document: bool
    owner: str | None
    archived: bool

    @property
    def document(self) -> object:
        """Its content where it is one JSON document, else None; read each time, for those of a whole folder may be too many to keep."""
        return recognise(self.file)[1] if self.is_document else None


def propose_bot(
    root: Path,
    name: str,
    finds: list[Find],
    everything: list[Find],
    *,
    instances: Iterable[str] = (),
    patterns: Sequence[str] = (),
) -> FoundBot:
    """Return the proposal for the bot `name`.

    Parameters
    ----------
    root
        The desk's folder, to which patterns are relative.
    finds
        The bot's own files.
    everything
        All files found under `root`: a folder is proposed whole only where nothing else lies in it.
    instances, patterns
        The names that its deployments have, and the patterns of those.
    """
    facts = Facts.concat(part for find in finds for part in _facts(find, sorted({name, *instances})))
    bot = FoundBot(name, pairs=facts.pairs, instances=list(patterns))
    _propose_markets(bot, facts)
    if facts.connector and bot.pairs:
        bot.connectors = _connectors(facts.connectors)
        bot.mode = _mode(bot.connector)
        if others := [each for each in facts.connectors if each not in bot.connectors]:
            bot.notes.append(f"its records also name {', '.join(others)}: check mode and connector")
    else:
        bot.missing.append("no record names its connector and pair: set both and its mode before it can be judged")
    _propose_local(root, bot, finds)
    bot.events = sorted({_event_pattern(root, find.file) for find in finds if find.kind.leg == "events"})
    _propose_exchange(root, bot, finds, {find.file for find in everything})
    for leg in ("local", "events", "exchange"):
        setattr(bot, leg, list(dict.fromkeys(_of_any(text, instances, patterns) for text in getattr(bot, leg))))
    bot.missing += _absent(bot, finds)
    if bot.mode is Mode.LIVE:
        bot.missing.append(
            "no file shows its shadow (or expected) and opening: parity and portfolio risk block until set"
        )
    return bot


def _facts(find: Find, instances: Iterable[str]) -> list[Facts]:
    """Return what a file shows of each of a bot's instances; it is read once for all of them."""
    if not find.kind.facts:
        return []
    document = find.document
    return [find.kind.facts(find.file, document, instance) for instance in instances]


def _connectors(names: list[str]) -> list[str]:
    """Return the likeliest connector, and one of the other kind where a bot trades spot and contracts."""
    first, *others = names
    other = [each for each in others if is_of_contracts(each) != is_of_contracts(first) and not is_paper(each)]
    return [first, *([] if is_paper(first) else other[:1])]


def _propose_markets(bot: FoundBot, facts: Facts) -> None:
    """Add what the venue's symbols are to the pairs; one that no rule joins with a pair of its base is proposed as a symbol."""
    connectors = _connectors(facts.connectors) if facts.connectors else bot.connectors
    known = Bot(
        name=bot.name,
        mode=_mode(connectors[0]),
        connector=connectors[0],
        connectors=connectors,
        pairs=bot.pairs or ["BASE-QUOTE"],
    )
    own = set(bot.pairs)
    names = {symbol: judged_pair(known, None, symbol, "") for symbol in facts.symbols}
    unnamed = [pair for pair in bot.pairs if pair not in names.values()]
    for symbol, name in names.items():
        twins = [
            pair for pair in unnamed if is_twin(pair, symbol) and is_of_contracts(known.connector) == (":" in symbol)
        ]
        if not own:
            bot.pairs = sorted({*bot.pairs, plain_pair(name)})
        elif name not in own and twins:
            bot.symbols[twins[0]] = symbol
        elif plain_pair(name) not in bot.pairs:
            bot.pairs = sorted({*bot.pairs, plain_pair(name)})


def _of_any(path: str, instances: Iterable[str], patterns: Sequence[str]) -> str:
    """Return the pattern of a path in the folder of one deployment as that of all, later ones too."""
    of_name = {escape(each): next((p for p in patterns if fnmatchcase(each, p)), escape(each)) for each in instances}
    return "/".join(of_name.get(part, part) for part in path.split("/"))


def _mode(connector: str) -> Mode:
    if "testnet" in connector:
        return Mode.TESTNET
    return Mode.PAPER if "paper" in connector else Mode.LIVE


def _propose_local(root: Path, bot: FoundBot, finds: list[Find]) -> None:
    own = [find for find in finds if find.kind.leg == "local" and find.kind.tables]
    doubled = [find for find in own if not find.kind.database and "fills" in find.kind.tables]
    if doubled and any(find.kind.database for find in own):
        names = ", ".join(sorted({find.kind.file_glob or find.file.name for find in doubled}))
        bot.notes.append(f"{names} is left out: the database has the same fills, and listed twice they count twice")
        own = [find for find in own if find not in doubled]
    ranked = {(not find.kind.database, "fills" in find.kind.tables, _local_pattern(root, find)) for find in own}
    bot.local = [pattern for *_, pattern in sorted(ranked)]


def _propose_exchange(root: Path, bot: FoundBot, finds: list[Find], known: set[Path]) -> None:
    exports = [find for find in finds if find.kind.of_account]
    folders = {_account_folder(find) for find in exports}
    ledgers = {folder for folder in folders if folder.name == "paper_ledger"}
    if bot.mode is Mode.PAPER and ledgers:
        if folders - ledgers:
            bot.notes.append("a paper bot has no venue: its own ledger is the counterpart, other exports are left out")
        folders = ledgers
    elif folders - ledgers:
        folders -= ledgers
    bot.exchange = sorted(pattern for folder in folders for pattern in _folder_patterns(root, folder, exports, known))
    for find in finds:
        if find.kind.leg == "exchange" and not find.kind.of_account:
            bot.exchange.append(_relative(root, find.file))
            if find.kind.derivation and (why := find.kind.derivation(find.document, bot.name)):
                bot.notes.append(f"{bot.exchange[-1]} is no evidence about the venue: {why}")


def _account_folder(find: Find) -> Path:
    folder = find.file.parent
    return folder.parent if folder.name in registry.export_folders() else folder


def _folder_patterns(root: Path, folder: Path, exports: list[Find], known: set[Path]) -> list[str]:
    """Return the folder itself, or its files one by one where others lie among them."""
    documents = {file for suffix in registry.folder_suffixes() for file in folder.rglob(f"*{suffix}")}
    own = {find.file for find in exports if find.file.is_relative_to(folder)}
    if folder != root and documents <= own & known:
        return [_relative(root, folder)]
    return [_relative(root, file) for file in own]


def _absent(bot: FoundBot, finds: list[Find]) -> list[str]:
    legs = [
        (bot.local, "no database and no controller log: the bot's own account is absent"),
        (bot.events, "no event file: the stream's account is absent"),
        (bot.exchange, "no exports of the venue: the exchange's account is absent"),
    ]
    found = {
        (find.kind.leg, table)
        for find in finds
        for table in find.kind.tables
        if find.kind.leg != "exchange" or find.kind.of_account
    }
    wanted = [
        why
        for leg, tables, why in _WANTED
        if not {(leg, table) for table in tables} & found and (bot.exchange or leg != "exchange")
    ]
    return [why for patterns, why in legs if not patterns] + wanted


def _local_pattern(root: Path, find: Find) -> str:
    # One folder of an instance is one bot's; the root's own data folder has one database for each bot.
    if not find.kind.file_glob or (find.kind.database and find.file.parent in (root, root / "data")):
        return _relative(root, find.file)
    return f"{_relative(root, find.file.parent)}/{find.kind.file_glob}".removeprefix("./")


def _event_pattern(root: Path, file: Path) -> str:
    stem = file.name.partition(".")[0]
    dated = stem.rstrip("0123456789TZ-")
    name = f"{escape(dated)}*" if dated != stem and dated else escape(stem)
    return f"{_relative(root, file.parent)}/{name}.jsonl*".removeprefix("./")


def _relative(root: Path, place: Path) -> str:
    return escape(place.relative_to(root).as_posix())
