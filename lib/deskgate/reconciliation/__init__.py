"""Reconciliation: the three legs matched fill by fill, orders, funding and accounts compared, breaks counted."""
