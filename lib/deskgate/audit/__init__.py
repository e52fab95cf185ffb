"""The audit trail: a chain of records, its signed checkpoints, and what proves that nothing of it was changed."""
