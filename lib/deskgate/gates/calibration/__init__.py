"""Bounds proposed from the days on record: which entries can be calibrated, their values on clean days, and what each bound would cost."""
