"""Tests of a desk's schedule."""
