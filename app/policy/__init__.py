"""Policy room: who may do what in which state, as one table. Imports no model."""
