"""Measures of public packages on stated data, each run in an environment of its own; tests hold the numbers they gave."""
