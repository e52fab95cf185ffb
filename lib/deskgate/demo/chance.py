"""Seeded draws that give the same bytes on every machine and every Python from 3.11 on.

Only additions, products, quotients and square roots of uniform draws are used: IEEE 754 fixes those to the last bit,
while `exp`, `log` and `cos` differ between C libraries. For the same reason nothing here calls `sum` on floats
(Python 3.12 made it a compensated sum) or the methods of `random` whose algorithms may change.
"""

from math import sqrt
from random import Random
from uuid import UUID

__all__ = ["bell", "hexadecimal", "identity", "stream", "tail", "whole"]


def stream(seed: int, name: str) -> Random:
    """Return an independent generator for one part of the demo, so that parts do not disturb each other."""
    return Random(f"deskgate demo {seed} {name}")  # noqa: S311 - a simulation has to be repeatable, not secret


def bell(rng: Random) -> float:
    """Return a draw with mean 0 and variance 1 that looks normal: the sum of six uniforms, centred and scaled."""
    draw = rng.random
    return (draw() + draw() + draw() + draw() + draw() + draw() - 3.0) * 1.4142135623730951


def tail(rng: Random) -> float:
    """Return a positive draw with mean 1 and a heavy tail (Lomax with exponent 2)."""
    return 1.0 / sqrt(1.0 - rng.random()) - 1.0


def whole(rng: Random, low: int, high: int) -> int:
    """Return a whole number between `low` and `high`, both included."""
    return low + int(rng.random() * (high - low + 1))


def hexadecimal(rng: Random, digits: int) -> str:
    """Return `digits` hexadecimal digits."""
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


def identity(rng: Random) -> str:
    """Return the text of a version 4 UUID."""
    return str(UUID(int=rng.getrandbits(128), version=4))
