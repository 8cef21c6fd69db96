"""Figures of speed and volume, printed as ratios taken in one run: `make bench`. Never part of `make test`."""
