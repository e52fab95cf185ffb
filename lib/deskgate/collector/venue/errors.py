"""What a venue refuses or does not answer: one sentence, without a credential in it."""

from deskgate.config.errors import RunError

__all__ = ["NotOfferedError", "VenueError"]


class VenueError(RunError):
    """One export could not be had: the others may be."""


class NotOfferedError(RunError):
    """The venue, or its test network, has no such export: there is nothing to ask for."""
