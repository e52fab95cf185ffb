"""The store: append-only tables of one desk, and the ingestion of its sources with an account of every record."""
