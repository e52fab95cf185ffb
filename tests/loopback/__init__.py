"""Venues played on 127.0.0.1: a real ccxt client asks them over HTTP, and nothing ever leaves the machine.

A `Book` is what an account and its markets are. A dialect answers a venue's own REST routes from it, in that venue's JSON and
with its paging. `play` serves one; `point_at` sends a ccxt client there.
"""
