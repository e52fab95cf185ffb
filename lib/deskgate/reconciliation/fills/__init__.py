"""Fills: which of them a leg lacks, repeats, or records differently."""
