"""A number of a metric as a reader says it: a share in per cent. Files keep the number as it was measured."""

__all__ = ["SHARE", "for_readers"]

SHARE = "share"


def for_readers(value: float, unit: str) -> tuple[float, str]:
    """Return a value and its unit as sentences have them: 0.98 of the unit `share` is 98 %."""
    return (value * 100, "%") if unit == SHARE else (value, unit)
