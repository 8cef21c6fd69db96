"""Participation room: démarches, steps, contributions, acts, votes, discussion."""
