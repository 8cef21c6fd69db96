"""One ordered history of the database. Each revision says which module it belongs to, or none."""
