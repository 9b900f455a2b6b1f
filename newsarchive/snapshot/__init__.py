"""Reproducible releases of a collection: make, verify, compare, sign."""
