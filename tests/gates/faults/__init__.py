"""Deliberate faults: each is fed to a gate by the test that shows the gate able to fail. Nothing else imports them."""
