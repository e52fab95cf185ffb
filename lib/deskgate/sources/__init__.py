"""Sources: what bots, streams and venues left behind, turned into the canonical frames of `deskgate.schema`."""
