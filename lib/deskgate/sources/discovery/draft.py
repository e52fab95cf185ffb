"""Bots as found -> the text of a desk.toml, with a comment for everything that a person has to decide or supply."""

import json
import re
from pathlib import Path

from deskgate.config.errors import InputError
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


def draft(root: Path, found: list[FoundBot], *, suites: str | None = None, public_key: str | None = None) -> str:
    """Return the text of a desk.toml for the bots of `discover`, as `load_desk` accepts it.

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
    if not found:
        raise InputError(
            f"{root}: no bot found, expected databases, controller logs, event files or exports at most {MAX_DEPTH}"
            " folders deep; point to the folder that holds them"
        )
    quotes = [pair.rpartition("-")[2] for bot in found for pair in bot.pairs]
    quote = max(sorted(set(quotes)), key=quotes.count, default="USDT")
    header = _HEADER.format(name=_text(root.resolve().name or "desk"), quote=_text(quote))
    if suites is not None:
        header += f"suites = {_text(suites)}\n"
    if public_key is not None:
        header += (
            "\n[audit]                           # signs the audit trail; the private part lies outside of the desk\n"
        )
        header += f"public_key = {_text(public_key)}\n"
    return header + "".join(f"\n{_bot(bot)}" for bot in found)


def _bot(bot: FoundBot) -> str:
    key = bot.name if _BARE_KEY.match(bot.name) else _text(bot.name)
    pairs = bot.pairs or ["BASE-QUOTE"]
    lines = [
        f"[bots.{key}]",
        *(f"# note: {note}" for note in bot.notes),
        *(f"# missing: {each}" for each in bot.missing),
        f"{f'mode = {_text(bot.mode.value)}':<32}# live | paper | testnet | disabled",
        f"connector = {_text(bot.connector) if len(bot.connectors) == 1 else _list(bot.connectors)}",
        f"pairs = {_list(pairs)}",
        *_symbols(bot),
        '# shadow = "another bot"          # what parity compares with, or [bots.<name>.expected]',
        f"local = {_list(bot.local)}",
        f"events = {_list(bot.events)}",
        f"exchange = {_list(bot.exchange)}",
        *([f"instances = {_list(bot.instances)}"] if bot.instances else []),
        f'# opening = {{ at = "YYYY-MM-DDT00:00:00Z", balance = {{ {pairs[0].rpartition("-")[2]} = "0" }},'
        ' position = "0" }   # where the roll-forward starts',
    ]
    return "\n".join(lines) + "\n"


def _symbols(bot: FoundBot) -> list[str]:
    """Return the line that joins pairs with the venue's names for them."""
    entries = ", ".join(f"{_text(pair)} = {_text(symbol)}" for pair, symbol in sorted(bot.symbols.items()))
    return [f"symbols = {{ {entries} }}   # by their base: check that each is one market"] if entries else []


def _list(texts: list[str]) -> str:
    return f"[{', '.join(_text(text) for text in texts)}]"


def _text(text: str) -> str:
    """Return a TOML basic string; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
