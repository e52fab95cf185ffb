"""The soak: did each bot run, in which states, and was its account exported, from the day's start and over the last 24 h."""
