"""What a person asks of a published day in a notebook or a console: records, stories, comparisons, charts. Nothing here judges."""
