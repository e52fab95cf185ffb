"""Breaks over time: how many count, who answers for them, and which an operator has accepted."""
