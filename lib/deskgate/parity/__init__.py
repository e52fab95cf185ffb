"""Live against its reference: what is compared, over which minutes, and how sure the difference is."""
