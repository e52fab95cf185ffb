"""A desk as found -> the text of its desk.toml, with a comment for everything that a person has to decide or supply."""

import json
import re
from pathlib import Path

from deskgate.config.errors import InputError
from deskgate.sources.discovery.accounts import FoundAccount
from deskgate.sources.discovery.client_file import Broker
from deskgate.sources.discovery.found_desk import FoundDesk
from deskgate.sources.discovery.proposal import FoundBot
from deskgate.sources.discovery.search import MAX_DEPTH

__all__ = ["draft"]

_BARE_KEY = re.compile(r"^[A-Za-z0-9_-]+$")
_HEADER = """\
# Drafted from the files found here. Read it before you rely on it: modes and connectors are guesses from names.
# Paths are patterns relative to this file. A pattern may match nothing: its leg is then absent, and blocks.

[desk]
name = {name}
quote = {quote}
"""
_ALERTS = """
# [alerts]                       # where alerts go, as Apprise addresses; those with a secret by their variable
# urls_env = "DESKGATE_ALERT_URLS"
"""


def draft(root: Path, found: FoundDesk, *, suites: str | None = None, public_key: str | None = None) -> str:
    """Return the text of a desk.toml for what `discover` has found, as `load_desk` accepts it.

    Parameters
    ----------
    suites
        The folder of the desk's own suites, relative to the desk; None: those of Deskgate.
    public_key
        The public part of the key that signs the audit trail's checkpoints; None: there is none.

    Raises
    ------
    InputError
        No bot was found.
    """
    if not found.bots:
        raise InputError(
            f"{root}: no bot found, expected databases, controller logs, event files or exports at most {MAX_DEPTH}"
            " folders deep; point to the folder that holds them"
        )
    quotes = [pair.rpartition("-")[2] for bot in found.bots for pair in bot.pairs]
    quote = max(sorted(set(quotes)), key=quotes.count, default="USDT")
    header = _HEADER.format(name=_text(root.resolve().name or "desk"), quote=_text(quote))
    if suites is not None:
        header += f"suites = {_text(suites)}\n"
    if public_key is not None:
        header += (
            "\n[audit]                           # signs the audit trail; the private part lies outside of the desk\n"
        )
        header += f"public_key = {_text(public_key)}\n"
    tables = [_bot(bot) for bot in found.bots] + [_account(account) for account in found.accounts]
    header += "".join(f"\n{_comment(f'note: {note}')}" for note in found.notes) + ("\n" if found.notes else "")
    return header + "".join(f"\n{table}" for table in tables) + _stream(found.brokers) + _ALERTS


def _bot(bot: FoundBot) -> str:
    pairs = bot.pairs or ["BASE-QUOTE"]
    lines = [
        f"[bots.{bot.name if _BARE_KEY.match(bot.name) else _text(bot.name)}]",
        *(_comment(f"note: {note}") for note in bot.notes),
        *(_comment(f"missing: {each}") for each in bot.missing),
        f"{f'mode = {_text(bot.mode.value)}':<32}# live | paper | testnet | disabled",
        f"connector = {_text(bot.connector) if len(bot.connectors) == 1 else _list(bot.connectors)}",
        f"pairs = {_list(pairs)}",
        *_symbols(bot),
        _shadow(bot),
        f"local = {_list(bot.local)}",
        f"events = {_list(bot.events)}",
        *([f"account = {_list(bot.accounts)}"] if bot.accounts else [f"exchange = {_list(bot.exchange)}"]),
        *([f"instances = {_list(bot.instances)}"] if bot.instances else []),
        f"config = {_list(bot.config)}"
        if bot.config
        else '# config = ["conf/scripts/NAME.yml"]   # what the baseline freezes',
        *_opening(bot, pairs[0].rpartition("-")[2]),
    ]
    return "\n".join(lines) + "\n"


def _shadow(bot: FoundBot) -> str:
    if bot.shadow is not None:
        return f"{f'shadow = {_text(bot.shadow)}':<32}# trades the same pairs on paper; parity compares the two"
    return '# shadow = "another bot"          # what parity compares with, or [bots.<name>.expected]'


def _opening(bot: FoundBot, quote: str) -> list[str]:
    """Return where the roll-forward starts: at the account's first snapshot, where the account is the bot's alone."""
    typed = (
        f'opening = {{ at = "YYYY-MM-DDT00:00:00Z", balance = {{ {_text(quote)} = "0" }}, position = "0" }}'
        "   # where the roll-forward starts"
    )
    if bot.accounts and bot.shares_account:
        return [
            "# Its account is that of other bots too, so its balance is not this bot's: type what is its own.",
            f"# {typed}",
        ]
    if len(bot.accounts) == 1:
        return [
            'opening = "first_snapshot"      # where the roll-forward starts: what `deskgate snapshot` fetched first'
        ]
    return [f"# {typed}"]


def _account(account: FoundAccount) -> str:
    """Return the table of an account; one that no bot is said to trade on is a comment."""
    lines = [
        f"[accounts.{account.name}]",
        f"connector = {_text(account.connector)}",
        f"# its key, for reading alone: {account.variables}_API_KEY, {account.variables}_API_SECRET and, where the venue has one,"
        f" {account.variables}_PASSPHRASE",
        '# in the environment; or keyring = "SERVICE", or address = "0x..." for a wallet',
    ]
    return "".join(f"{line}\n" if account.is_used else f"{_comment(line)}\n" for line in lines)


def _stream(brokers: list[Broker]) -> str:
    """Return the table of the MQTT broker; of several the first, the others as comments."""
    if not brokers:
        return (
            "\n# [stream]                       # the bots' MQTT bridge, for `deskgate ingest --follow`\n"
            '# mqtt = { url = "mqtt://127.0.0.1:1883", namespace = "hbot" }\n'
        )
    first, *others = brokers
    lines = [
        "",
        "[stream]                        # the bots' MQTT bridge, for `deskgate ingest --follow`",
        *_broker(first),
    ]
    lines += [f"# another client has: {line}" for other in others for line in _broker(other)[:1]]
    return "\n".join(lines) + "\n"


def _broker(broker: Broker) -> list[str]:
    password = ', password_env = "DESKGATE_MQTT_PASSWORD"' if broker.has_login else ""
    lines = [f"mqtt = {{ url = {_text(broker.url)}, namespace = {_text(broker.namespace)}{password} }}"]
    if broker.has_login:
        lines.append('# it asks for a user: add username = "..." there, and set the variable to the password')
    if not broker.starts:
        lines.append(
            "# the bridge does not start with the bot: mqtt_autostart: true in conf_client.yml, or `mqtt start`"
        )
    return lines


def _symbols(bot: FoundBot) -> list[str]:
    """Return the line that joins pairs with the venue's names for them."""
    entries = ", ".join(f"{_text(pair)} = {_text(symbol)}" for pair, symbol in sorted(bot.symbols.items()))
    return [f"symbols = {{ {entries} }}   # by their base: check that each is one market"] if entries else []


def _comment(text: str) -> str:
    """Return a comment of one line, whatever a file's name has in it."""
    return f"# {''.join(char if char.isprintable() else ' ' for char in text)}".rstrip()


def _list(texts: list[str]) -> str:
    return f"[{', '.join(_text(text) for text in texts)}]"


def _text(text: str) -> str:
    """Return a TOML basic string; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
