"""Which instance is which bot: every deployment of a bot has another name, the bot stays.

hummingbot-api appends the time to a bot's name at each deployment (`grid-20260318-000000`), and topics, folders and
databases carry that name. A bot's own name is an instance of it too.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from glob import escape
from itertools import combinations
from re import compile as pattern_of

__all__ = ["STAMP", "Instances", "overlap", "patterns_of", "unclaimed"]

# The time that a deployment appends: 20260318-000000, 20260318-0000, 2026-03-18_00-00-00, 20260318T000000Z or an epoch.
STAMP = pattern_of(
    r"[-_.](\d{8}[-_T]?\d{4}(?:\d{2})?Z?|\d{4}-\d{2}-\d{2}[-_T]\d{2}[-:_]?\d{2}[-:_]?\d{2}Z?|\d{10}|\d{13})$"
)

_QUOTED_LIMIT = 60


class Instances:
    """The instances of a desk's bots, by their patterns (`*`, `?`, `[...]`)."""

    def __init__(self, patterns: Mapping[str, Sequence[str]]) -> None:
        self.patterns = {bot: tuple(found) for bot, found in patterns.items() if found}
        self._names = frozenset(patterns)
        self._bot_of = cache(self._look_up)

    def bot_of(self, instance: str | None) -> str | None:
        """Return the bot that an instance is of, None where no bot claims it."""
        return self._bot_of(instance)

    def claimant(self, name: str) -> str | None:
        """Return the bot one of whose patterns matches a name; a bot's own name is none."""
        return next((bot for bot, found in self.patterns.items() if _matches(name, found)), None)

    def _look_up(self, instance: str | None) -> str | None:
        if instance is None or instance in self._names:
            return instance
        return self.claimant(instance)


def patterns_of(instances: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return by bot the patterns of its stamped instances, wide where that leaves the other bots theirs.

    Parameters
    ----------
    instances
        By bot, the instances that are known of it; one without a stamp is the bot's own name.
    """
    stamped = {bot: [name for name in names if STAMP.search(name)] for bot, names in instances.items()}
    wide = {bot: sorted({_wide(name) for name in names}) for bot, names in stamped.items()}
    narrow = {bot: sorted({_narrow(name) for name in names}) for bot, names in stamped.items()}
    alone = {
        bot: not any(overlap({bot: found, other: wide[other]}) for other in wide if other != bot)
        for bot, found in wide.items()
    }
    return {bot: wide[bot] if alone[bot] else narrow[bot] for bot in instances}


def _wide(instance: str) -> str:
    stem = STAMP.sub("", instance)
    return f"{escape(stem)}{instance[len(stem)]}*"


def _narrow(instance: str) -> str:
    stem = STAMP.sub("", instance)
    return escape(stem) + "".join("?" if each.isdigit() else each for each in instance[len(stem) :])


def unclaimed(instance: str) -> str:
    """Return why an instance is nobody's, and what to write."""
    instance = instance[:_QUOTED_LIMIT]
    pattern = _wide(instance) if STAMP.search(instance) else instance
    return f"instance '{instance}' is not in desk.toml; to read it, write instances = [\"{pattern}\"] at its bot"


def overlap(patterns: Mapping[str, Sequence[str]]) -> str | None:
    """Return what is wrong where two bots may claim one instance, None where none can."""
    every = {bot: (bot, *found) for bot, found in patterns.items()}
    for (one, mine), (other, theirs) in combinations(every.items(), 2):
        for left in mine:
            for right in theirs:
                if _meet(left, right):
                    what = [
                        f"bots.{bot}.instances '{text}'" if text != bot else f"the bot '{bot}'"
                        for bot, text in ((one, left), (other, right))
                    ]
                    return f"{what[0]} and {what[1]} may be one instance, expected each to be of one bot; narrow the pattern"
    return None


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _meet(left: str, right: str) -> bool:
    """Return whether some name matches both patterns; a class in brackets counts as any character."""
    one, other = _tokens(left), _tokens(right)

    @cache
    def meets(i: int, j: int) -> bool:
        if i == len(one) or j == len(other):
            return {*one[i:], *other[j:]} <= {"*"}
        if "*" in (one[i], other[j]):
            return meets(i + 1, j) or meets(i, j + 1)
        return (one[i] == other[j] or "?" in (one[i], other[j])) and meets(i + 1, j + 1)

    return meets(0, 0)


def _tokens(pattern: str) -> list[str]:
    """Return a pattern's characters; what stands in brackets is one `?`."""
    tokens, place = [], 0
    while place < len(pattern):
        end = pattern.find("]", place + 2) if pattern[place] == "[" else -1
        tokens.append("?" if end > 0 else pattern[place])
        place = end + 1 if end > 0 else place + 1
    return tokens
