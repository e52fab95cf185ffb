"""Hummingbot: its SQLite database and the events of its MQTT bridge."""
