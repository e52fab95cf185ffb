"""Ingest: what is new of a desk's files and streams, taken into its store with an account of every record."""

from deskgate.ingest.engine import Account, Ingestor, read_desk
from deskgate.ingest.parts import Cursor, Part, file_parts, stream_part

__all__ = ["Account", "Cursor", "Ingestor", "Part", "file_parts", "read_desk", "stream_part"]
