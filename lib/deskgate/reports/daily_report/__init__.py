"""The daily report: seven sections, computed once from a day's files and those of the days before it, shown as HTML and Markdown."""
