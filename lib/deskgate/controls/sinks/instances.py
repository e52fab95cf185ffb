"""By which name the running deployment of a bot is told something."""

from deskgate.config.bot import Bot
from deskgate.config.errors import InputError

__all__ = ["instance_of"]


def instance_of(bot: Bot) -> str:
    """Return the instance of a bot: as `control.instance` says, else the bot's own name.

    Raises
    ------
    InputError
        The bot has `instances`, so that which one runs now has to be said.
    """
    if bot.control.instance:
        return bot.control.instance
    if bot.instances:
        raise InputError(
            f"bots.{bot.name} has instances {', '.join(bot.instances)} and no control.instance, expected the name of the"
            " one that runs now; write it in desk.toml"
        )
    return bot.name
