"""What the desk's money is exposed to: whose it is, its equity, its positions, and the worst of the day."""
