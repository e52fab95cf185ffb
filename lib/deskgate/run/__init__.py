"""The daily run and what an operator runs beside it: publishing, alerts of breaks, freezes and drills."""
