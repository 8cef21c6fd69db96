"""Applications: one folder each, complete; delete a folder and the rest still runs."""
