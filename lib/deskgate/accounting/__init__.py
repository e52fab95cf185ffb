"""One accounting: what a bot earned, from its agreed fills, fees and funding."""
