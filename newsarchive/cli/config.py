"""``newsarchive config``: what the settings are, and whether the file is right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from newsarchive.cli.listing import print_listing
from newsarchive.cli.options import json_option, settings_of


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command()
@json_option
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """List what holds where no option says otherwise, and where each value comes from."""
    rows = [
        {"setting": held.key, "value": _shown(held.value), "origin": held.origin} for held in settings_of(ctx).all()
    ]
    print_listing(rows, ("setting", "value", "origin"), as_json=as_json)


@config.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say whether the settings file is right: its keys, its values, and the sites that it names."""
    from newsarchive.config.sites import check_sites

    settings = settings_of(ctx)
    settings.check_values()
    check_sites(settings)
    if settings.file is None:
        click.echo("There is no settings file, so the defaults hold.")
    else:
        click.echo(f"{settings.file}: nothing wrong.")


def _shown(value: Any) -> Any:
    """``value`` as it would stand in the file, as far as JSON can say it."""
    from newsarchive.config.durations import format_duration

    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, tuple | list):
        return [_shown(part) for part in value]
    return value
