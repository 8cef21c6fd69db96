"""Tenants: the document that describes a platform, the applications it switches on, and which host leads to it."""
