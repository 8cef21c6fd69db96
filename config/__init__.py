"""Settings of the process and samples for the servers in front of it."""
