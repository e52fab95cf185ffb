"""Pages: executed notebooks, the day and the index over all days as HTML without script or outside request."""
