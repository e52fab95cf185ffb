"""The words for the states of a controller, in one spelling.

Controllers write `running`, `HARD_STOP` or `ControllerState.SOFT_PAUSE`. A word that is not listed here is no running state:
nobody knows what a bot does that calls itself `stopped`.
"""

import polars as pl

__all__ = ["HARD", "PAUSED", "RUNNING", "STATES", "UNKNOWN", "spelled", "state_word"]

RUNNING, UNKNOWN = "running", "unknown"
# What a controller calls a state in which it makes no orders, the gravest last.
PAUSED = ("soft_pause", "hard_stop", "kill_switch")
# Those it does not leave by itself.
HARD = ("hard_stop", "kill_switch")
STATES = (RUNNING, *PAUSED, UNKNOWN)
_SPELLINGS = {"softpause": "soft_pause", "hardstop": "hard_stop", "killswitch": "kill_switch", "kill": "kill_switch"}


def state_word(column: str = "state") -> pl.Expr:
    """Return a state in one spelling; null for none."""
    return spelled(pl.col(column))


def spelled(word: pl.Expr) -> pl.Expr:
    """Return a word in small letters, its parts joined by `_`, without an enumeration's name; null for an empty one."""
    bare = word.str.strip_chars().str.to_lowercase().str.replace(r"^.*\.", "")
    joined = bare.str.replace_all(r"[\s-]+", "_").replace(_SPELLINGS)
    return pl.when(joined != "").then(joined)
