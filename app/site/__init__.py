"""Site room: the request's course, and public pages of no application."""
