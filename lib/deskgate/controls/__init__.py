"""What acts on a day's evidence: the channels that alerts go to."""
