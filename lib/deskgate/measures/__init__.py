"""Measures of how a bot trades: each module one, with its formula, unit and source."""
