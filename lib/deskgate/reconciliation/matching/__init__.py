"""Matching: the fills of three legs as one row per fill."""
