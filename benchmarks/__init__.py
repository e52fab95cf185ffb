"""Measurements as commands; each prints ratios to something plain that was measured in the same run."""
