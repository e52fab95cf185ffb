"""The ladder: what a bot needs for the next rung, and what takes it down one."""
