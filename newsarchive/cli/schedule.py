"""``newsarchive schedule``: crawls again and again, by ourselves or by the timers of the machine."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsarchive.cli.options import (
    DurationType,
    SettingOption,
    archive_option,
    is_given,
    log_format_option,
    read_settings,
    settings_of,
)
from newsarchive.errors import UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from newsarchive.config.settings import Settings
    from newsarchive.operation.schedule import Plan
    from newsarchive.operation.units import Machine

_every_option = click.option(
    "--every", cls=SettingOption, setting="schedule.every", type=DurationType(), help="How often, as 10m, 1h30m or 1d."
)
_jitter_option = click.option(
    "--jitter",
    cls=SettingOption,
    setting="schedule.jitter",
    type=DurationType(),
    help="By up to so much later, at random, so that not all who crawl a site come at once.",
)
_user_option = click.option("--user", "account", help="Account that crawls; the one that calls this if not given.")


@click.group()
def schedule() -> None:
    """Crawl again and again."""


@schedule.command()
@click.argument("site", nargs=-1)
@_every_option
@_jitter_option
@archive_option
@log_format_option
@click.pass_context
def run(ctx: click.Context, /, **_: Any) -> None:
    """Crawl each SITE at intervals, until a signal ends it; the sites of the settings if none is named.

    It stays in the foreground. Each crawl is a process of its own. SIGTERM and Ctrl-C end it in order, SIGHUP has the
    settings read anew.
    """
    import signal

    from newsarchive.log_lines import formatter, logging_to_stderr
    from newsarchive.operation.schedule import Schedule

    with logging_to_stderr(formatter(ctx.params["log_format"])):
        # Made once before anything runs, so that wrong settings end it here.
        ended_by = Schedule(lambda: _plan(ctx, read_settings(ctx))).run()
    if ended_by is signal.SIGINT:
        raise KeyboardInterrupt


@schedule.command()
@click.argument("site", nargs=-1)
@_every_option
@_jitter_option
@archive_option
@_user_option
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Write the files into this directory instead of printing them.",
)
@click.pass_context
def systemd(
    ctx: click.Context,
    site: tuple[str, ...],
    every: timedelta,
    jitter: timedelta,
    archive: Path,
    account: str | None,
    into: Path | None,
) -> None:
    """Print a service and a timer for systemd, for every SITE the same, and how to start them."""
    from newsarchive.operation.units import systemd_units

    settings = settings_of(ctx)
    sites = _sites(settings, site)
    units = systemd_units(
        _machine(ctx, settings, archive, account),
        every=every,
        jitter=jitter,
        max_runtime=settings.table.schedule.max_runtime,
        grace=settings.table.schedule.grace,
    )
    for name, text in units.items():
        if into is None:
            click.echo(f"# /etc/systemd/system/{name}\n{text}")
        else:
            (into / name).write_text(text, encoding="utf-8")
            click.echo(f"newsarchive: {into / name}", err=True)
    timers = " ".join(f"newsarchive@{name}.timer" for name in sites)
    click.echo(f"newsarchive: start with: systemctl daemon-reload && systemctl enable --now {timers}", err=True)


@schedule.command()
@click.argument("site", nargs=-1)
@_every_option
@archive_option
@click.pass_context
def cron(ctx: click.Context, site: tuple[str, ...], every: timedelta, archive: Path) -> None:
    """Print a line for a crontab for each SITE. cron sends mail only when a crawl did not end well."""
    from newsarchive.operation.units import cron_lines

    settings = settings_of(ctx)
    click.echo(cron_lines(_machine(ctx, settings, archive, None), _sites(settings, site), every=every), nl=False)


def _plan(ctx: click.Context, settings: Settings) -> Plan:
    from newsarchive.config.sites import check_sites
    from newsarchive.operation.schedule import Backfill, Plan

    check_sites(settings)
    table = settings.table.schedule
    archive = ctx.params["archive"] if is_given(ctx, "archive") else Path(settings.held("archive").value)
    past = table.backfill
    return Plan(
        command=(*_command(settings), "crawl", "--archive", str(archive), "--log-format", ctx.params["log_format"]),
        archive=archive,
        sites=_sites(settings, ctx.params["site"]),
        every=ctx.params["every"] if is_given(ctx, "every") else table.every,
        jitter=ctx.params["jitter"] if is_given(ctx, "jitter") else table.jitter,
        max_runtime=table.max_runtime,
        grace=table.grace,
        backfill=None
        if past is None
        else Backfill(since=past.since, until=past.until, days=past.days, every=past.every),
    )


def _sites(settings: Settings, named: tuple[str, ...]) -> tuple[str, ...]:
    """The sites to crawl. Raises ``UnknownSite``, and ``UsageError`` where there are none, or nobody is responsible."""
    from newsarchive.sites.registry import get_site

    sites = tuple(dict.fromkeys(named or settings.table.schedule.sites))
    if not sites:
        raise UsageError(message="Which sites? Name them, or set schedule.sites in newsarchive.toml.")
    found = tuple(get_site(name).name for name in sites)
    live = [name for name in found if settings.site(name).base_url is None]
    if live and not settings.held("contact").value:
        # Each of its crawls would refuse to begin.
        message = f"Nobody crawls {', '.join(live)} again and again unnamed: set contact, or NEWSARCHIVE_CONTACT."
        raise UsageError(message=message)
    return found


def _machine(ctx: click.Context, settings: Settings, archive: Path, account: str | None) -> Machine:
    """This machine and this program. What is not in the file goes onto the command line, for a timer's environment is
    not ours."""
    from newsarchive.operation.units import Machine

    metrics = settings.held("metrics")
    command = [*_command(settings, absolute=True), "crawl", "--archive", str(archive.absolute())]
    if metrics.value:
        command += ["--metrics", str(Path(metrics.value).absolute())]
    contact = settings.held("contact")
    if contact.value and contact.origin != str(settings.file):
        command += ["--contact", contact.value]
    writes = [archive.absolute(), *([Path(metrics.value).absolute()] if metrics.value else [])]
    return Machine(command=command, directory=Path.cwd(), writes=writes, account=account or getpass.getuser())


def _command(settings: Settings, *, absolute: bool = False) -> tuple[str, ...]:
    """How this program is called, with the settings file that it uses."""
    file = settings.file and (settings.file.absolute() if absolute else settings.file)
    return (sys.executable, "-m", "newsarchive", *(("--config", str(file)) if file else ()))
