"""Deskgate: daily, evidence-backed decisions for desks that let Hummingbot trade."""

__all__ = ["__version__"]

__version__ = "0.2.0"
