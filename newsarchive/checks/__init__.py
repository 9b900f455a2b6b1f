"""Checks: everything in a collection read again, and what is wrong with it said as findings."""
