"""Which paper bot trades the same pairs as a live one: parity may compare the two."""

from deskgate.config.bot import Mode
from deskgate.sources.discovery.proposal import FoundBot

__all__ = ["propose_shadows"]


def propose_shadows(bots: list[FoundBot]) -> None:
    """Set the shadow of each live bot that has exactly one paper twin; several are named in a note."""
    for bot in bots:
        if bot.mode is not Mode.LIVE:
            continue
        twins = [each.name for each in bots if each.mode is Mode.PAPER and set(bot.pairs) & set(each.pairs)]
        if len(twins) == 1:
            bot.shadow = twins[0]
        elif twins:
            bot.notes.append(f"{', '.join(twins)} trade its pairs on paper: set shadow to the one with its strategy")
