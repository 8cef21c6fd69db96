"""The territory of a tenant: its zones, which of them a point is in, and how to draw them."""
