"""Account snapshots: what a venue says of an account, asked read-only through ccxt and written as exports."""
