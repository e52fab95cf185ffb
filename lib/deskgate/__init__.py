"""Deskgate: daily, evidence-backed decisions for desks that let Hummingbot trade.

In a notebook or a console: `import deskgate as dg; desk = dg.open_desk("."); day = desk.day("2026-03-19")`. What is named here
is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deskgate.config.errors import DeskgateError, InputError
    from deskgate.reports.day import Day
    from deskgate.reports.investigate.published_desk import PublishedDesk, open_desk
    from deskgate.reports.opening import open_day
    from deskgate.reports.tables import table

__all__ = ["Day", "DeskgateError", "InputError", "PublishedDesk", "__version__", "open_day", "open_desk", "table"]

__version__ = "0.2.0"

_WHERE = {
    "Day": "deskgate.reports.day",
    "DeskgateError": "deskgate.config.errors",
    "InputError": "deskgate.config.errors",
    "PublishedDesk": "deskgate.reports.investigate.published_desk",
    "open_day": "deskgate.reports.opening",
    "open_desk": "deskgate.reports.investigate.published_desk",
    "table": "deskgate.reports.tables",
}


def __getattr__(name: str) -> object:
    """Return what is named here from where it lies (PEP 562)."""
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    if name.startswith("_"):
        raise AttributeError(f"module 'deskgate' has no attribute '{name}'", name=name)
    from deskgate.config.errors import did_you_mean

    raise AttributeError(f"deskgate has no '{name}'{did_you_mean(name, _WHERE)}; it has {', '.join(_WHERE)}", name=name)


def __dir__() -> list[str]:
    """Return what is offered, for completion."""
    return sorted(__all__)
