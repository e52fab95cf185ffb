"""How the portfolio's risk is measured: what the suite says of it, and what desk.toml adds."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from deskgate.config.strict import Strict

__all__ = ["Beta", "Risk", "RiskSettings"]


class RiskSettings(BaseModel):
    """What `meta.risk` of the suite portfolio_risk says. It has no defaults: the suite is their only place.

    Parameters
    ----------
    consecutive
        How many readings, one a minute, something must last to count: a single bad tick is no loss.
    concentration_from
        The least exposure (quote) of a bot for it to count in the concentration.
    shock
        By how much each asset moves against the book, as a share of its price.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    consecutive: Annotated[int, Field(ge=1, le=60)]
    concentration_from: Annotated[float, Field(ge=0)]
    shock: Annotated[float, Field(gt=0, le=1)]


class Beta(Strict):
    """How an asset moves with another one: 1 % of `of` is `beta` % of it."""

    of: Annotated[str, Field(min_length=1)]
    beta: Annotated[float, Field(gt=0, le=10)]


class Risk(Strict):
    """desk.toml's [risk]: what the desk knows of its assets.

    `betas` says which assets may be netted, and how; without one no two assets are. `shocks` names moves of several assets
    at once, each as a share of its price. `prices` (in the desk's quote) values what the account holds and no bot observes.
    """

    betas: dict[str, Beta] = Field(default_factory=dict)
    shocks: dict[str, dict[str, Annotated[float, Field(ge=-1, le=10)]]] = Field(default_factory=dict)
    prices: dict[str, Annotated[Decimal, Field(ge=0)]] = Field(default_factory=dict)
