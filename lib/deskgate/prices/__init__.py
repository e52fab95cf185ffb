"""Prices: which quotes that the bots observed are mids, and what a position is worth by them."""
