"""Event logs, one JSON object a line: read in blocks, decoded in columns."""
