"""People room: persons of one tenant, their verified attributes, credentials and sessions."""
