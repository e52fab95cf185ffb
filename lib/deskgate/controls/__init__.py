"""What acts on a day's evidence: alerts, and the drills that show that they work."""
