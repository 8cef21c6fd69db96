"""Notifications room: who hears of what, by mail today."""
