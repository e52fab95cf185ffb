"""How long after a fill, or before it, it is marked."""

from datetime import timedelta

__all__ = ["HORIZONS"]

# The instants of a markout, from the fill.
HORIZONS = {
    "before_5s": timedelta(seconds=-5),
    "1s": timedelta(seconds=1),
    "10s": timedelta(seconds=10),
    "30s": timedelta(seconds=30),
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
}
