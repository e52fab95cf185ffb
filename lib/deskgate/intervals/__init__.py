"""Intervals for the mean of what is measured again and again in time. Knows nothing of desks."""
