"""A deterministic demo desk in the formats that Hummingbot, ccxt and the control plane really write.

It simulates a market, four bots and their venues, and writes what each of them would have left on disk. It knows
nothing of Deskgate's intake, checks and gates, so that it can disagree with them.
"""

from deskgate.demo.folder import DemoDesk, Faults, write_demo

__all__ = ["DemoDesk", "Faults", "write_demo"]
