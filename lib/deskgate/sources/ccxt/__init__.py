"""Account exports in ccxt's unified shapes."""
