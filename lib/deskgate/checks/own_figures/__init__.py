"""What each controller believes of its own account, against what fills, venue and mids say."""
