"""Views: the frames that a notebook shows, one function a table or chart."""
