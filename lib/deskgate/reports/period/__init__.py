"""The period report: what many published days add up to, and which of them are missing."""
