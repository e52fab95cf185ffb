"""The files found of one bot -> its entry in desk.toml as proposed, and what is missing for it to be judged."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path

from deskgate.config.bot import Bot, Mode
from deskgate.config.connectors import is_of_contracts, is_paper, is_testnet
from deskgate.sources import registry
from deskgate.sources.discovery.bot_configuration import BotConfiguration, written
from deskgate.sources.discovery.facts import Facts
from deskgate.sources.market_names import is_twin, judged_pair, plain_pair
from deskgate.sources.recognition import recognise
from deskgate.sources.source_kind import SourceKind

__all__ = ["Find", "FoundBot", "propose_bot"]

_NO_RECORDS = (
    "no database and no controller log, the bot's own account is absent: start the bot, it writes data/*.sqlite"
)
_NO_EVENTS = (
    "no event file, the stream's account is absent: mqtt_autostart: true in conf_client.yml (or `mqtt start` in the bot),"
    " and `deskgate ingest --follow` beside it"
)
_NO_EXPORTS = (
    "no exports of the venue (my_trades.json), the exchange's account is absent: `deskgate snapshot` fetches them"
)
_NO_LEDGER = (
    "no ledger of its paper engine (my_trades.json in a folder under exchange); Hummingbot's own paper trade keeps none"
)
# What gates ask of a bot's files: any of these tables, of an account's exports or of a leg of its own.
_WANTED = (
    ("exchange", {"fills"}, "no trades of the venue (my_trades.json), its fills cannot be reconciled: `deskgate snapshot`"),
    ("exchange", {"orders"}, "no orders of the venue, order states cannot be compared: `deskgate snapshot`"),
    ("exchange", {"positions", "balances"}, "no positions or balance of the venue, drift cannot be seen: `deskgate snapshot`"),
    (
        *("local", {"snapshots"}),
        "no minute*.csv of a controller: a controller that writes it (docs/desk.md), or else heartbeats on MQTT, show that"
        " the bot ran; its log does where neither is there, in the zone of its clock (log_timezone)",
    ),
)  # fmt: skip


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
    config: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    shares_account: bool = False
    shadow: str | None = None
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
    configured: BotConfiguration | None = None,
    instances: Iterable[str] = (),
    patterns: Sequence[str] = (),
    expected: Sequence[str] = (),
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
    configured
        What its installation's configuration says of it.
    instances, patterns
        The names that its deployments have, and the patterns of those.
    expected
        Where its database will be, where it has none yet.
    """
    configured = configured or BotConfiguration()
    recorded = Facts.concat(part for find in finds for part in _facts(find, sorted({name, *instances})))
    facts = Facts.concat([*configured.facts, recorded])
    bot = FoundBot(name, pairs=facts.pairs, instances=list(patterns), config=list(configured.config))
    bot.notes += [*configured.notes, *_earlier(Facts.concat(configured.facts), recorded)]
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
    bot.local = [*expected, *bot.local]
    for leg in ("local", "events", "exchange", "config"):
        setattr(bot, leg, list(dict.fromkeys(_of_any(text, instances, patterns) for text in getattr(bot, leg))))
    bot.missing += [*_absent(bot, finds), *configured.missing]
    return bot


def _earlier(configured: Facts, recorded: Facts) -> list[str]:
    """Return what configuration and records say differently of pairs; both are proposed."""
    both = configured.pairs and recorded.pairs
    now, before = set(configured.pairs), set(recorded.pairs)
    notes = []
    if both and now - before:
        notes.append(f"its configuration trades {', '.join(sorted(now - before))}, of which it has no record yet")
    if both and before - now:
        notes.append(f"its records have {', '.join(sorted(before - now))}, which its configuration does not name now")
    return notes


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
    if is_testnet(connector):
        return Mode.TESTNET
    return Mode.PAPER if is_paper(connector) else Mode.LIVE


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
            bot.exchange.append(written(root, find.file))
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
        return [written(root, folder)]
    return [written(root, file) for file in own]


def _absent(bot: FoundBot, finds: list[Find]) -> list[str]:
    """Return what a GO needs and no file shows, each with what brings it."""
    venue = _NO_LEDGER if bot.mode is Mode.PAPER else _NO_EXPORTS
    records = not any(find.kind.leg == "local" and find.kind.tables and not find.kind.is_log for find in finds)
    legs = [(records, _NO_RECORDS), (not bot.events, _NO_EVENTS), (not bot.exchange, venue)]
    found = {
        (find.kind.leg, table)
        for find in finds
        for table in find.kind.tables
        if find.kind.leg != "exchange" or find.kind.of_account
    }
    wanted = [
        why
        for leg, tables, why in _WANTED
        if not {(leg, table) for table in tables} & found
        and (leg != "exchange" or (bot.exchange and _has_account(bot, tables)))
    ]
    return [why for is_absent, why in legs if is_absent] + wanted


def _has_account(bot: FoundBot, tables: Collection[str]) -> bool:
    """Return whether an account of the bot could show any of some tables: a paper bot's ledger has fills alone."""
    return bot.mode is not Mode.PAPER or "fills" in tables


def _local_pattern(root: Path, find: Find) -> str:
    # One folder of an instance is one bot's; the root's own data folder has one database for each bot.
    if not find.kind.file_glob or (find.kind.database and find.file.parent in (root, root / "data")):
        return written(root, find.file)
    glob = find.kind.file_glob
    if find.kind.is_log and find.file.parent in (root, root / "logs"):
        glob = f"{escape(find.file.name.partition('.')[0])}.log*"
    return f"{written(root, find.file.parent)}/{glob}".removeprefix("./")


def _event_pattern(root: Path, file: Path) -> str:
    stem = file.name.partition(".")[0]
    dated = stem.rstrip("0123456789TZ-")
    name = f"{escape(dated)}*" if dated != stem and dated else escape(stem)
    return f"{written(root, file.parent)}/{name}.jsonl*".removeprefix("./")
