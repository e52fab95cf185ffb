"""Accounts: positions and balances against what the agreed fills add up to."""
