"""Intervals for the difference of two ratios that are measured again and again in time. Knows nothing of desks.

Two bots (or a bot and a constant) are compared by `compare.compare`: `Sums` of both over the same minutes in, a `Comparison` out.
"""
