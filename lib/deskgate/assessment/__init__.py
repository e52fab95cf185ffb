"""One day of one desk assessed: metrics, breaks and verdicts, and the files they are kept in."""
