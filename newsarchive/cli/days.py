"""Days on the command line."""

from __future__ import annotations

import click

DAY = click.DateTime(["%Y-%m-%d"])
"""The type of an option that is a day, ``2026-01-06``; passed as a ``datetime`` at midnight."""
