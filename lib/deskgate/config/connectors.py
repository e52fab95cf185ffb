"""What the name of a connector of Hummingbot's, or of a market, says by itself: contracts, a simulation, a unit of coins."""

import re

__all__ = ["connector_name", "is_of_contracts", "is_paper", "is_testnet", "unit_of"]

# Hummingbot 20260922: domains of connectors without real money (OTHER_DOMAINS of each *_utils.py).
_TESTNET = re.compile(r"_(testnet|demo|sandbox)$", re.IGNORECASE)
_PAPER = re.compile(r"_paper_?trade$", re.IGNORECASE)
# How many coins one unit of a market is whose name says so: 1000PEPE, kPEPE, 1MBABYDOGE.
_UNIT = re.compile(r"^(?:(10{3,})|(1M)|(k))(?=[A-Z])")


def is_of_contracts(connector: str) -> bool:
    """Return whether a connector trades contracts: all that do are named so (20260922)."""
    return "perpetual" in connector


def is_paper(connector: str) -> bool:
    """Return whether a connector is simulated, as one configures it or as Hummingbot displays it."""
    return "paper" in connector.lower()


def is_testnet(connector: str) -> bool:
    """Return whether a connector is of a venue's test network."""
    return _TESTNET.search(connector) is not None


def connector_name(connector: str) -> str:
    """Return a connector's name without the test network or the simulation that it was configured for."""
    return _PAPER.sub("", _TESTNET.sub("", connector))


def unit_of(name: str) -> int:
    """Return how many coins one unit of a market is, by its name; ccxt writes kPEPE of Hyperliquid as KPEPE."""
    found = _UNIT.match(re.sub(r"^K(?=PEPE|SHIB|BONK|FLOKI|LUNC|DOGS|NEIRO)", "k", name))
    if not found:
        return 1
    digits, million, _ = found.groups()
    return int(digits) if digits else 1_000_000 if million else 1000
