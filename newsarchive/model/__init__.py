"""Frozen records that flow through the house; no I/O, no clock."""
