"""What other schedulers need to run crawls: units for systemd, lines for cron. Pure: text out.

Both start at fixed times of the clock, so an interval must divide the hour or the day. Neither needs a lock of its own:
a crawl that meets another one of its site ends with exit code 12 and has changed nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from newsarchive.config.durations import format_duration
from newsarchive.errors import CollectionLocked, Interrupted, UsageError

_HOUR_S, _DAY_S = 3_600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where crawls run: ``command`` is the program up to the site; ``directory`` is
    where it is run; ``writes`` are the directories it writes to; ``account`` runs it. All paths are absolute."""

    command: Sequence[str]
    directory: Path
    writes: Sequence[Path]
    account: str


def systemd_units(
    machine: Machine, *, every: timedelta, jitter: timedelta, max_runtime: timedelta, grace: timedelta
) -> dict[str, str]:
    """A service and a timer for any site, by file name: ``systemctl enable --now newsarchive@SITE.timer``.

    Raises ``UsageError`` for an interval that no timer can keep.
    """
    return {
        "newsarchive@.service": _SERVICE.format(
            directory=_path(machine.directory),
            command=" ".join(_argument(part) for part in (*machine.command, "%i")),
            account=machine.account,
            writes=" ".join(_path(path) for path in machine.writes),
            locked=CollectionLocked.exit_code,
            interrupted=Interrupted.exit_code,
            max_runtime_s=int(max_runtime.total_seconds()),
            grace_s=int(grace.total_seconds()),
        ),
        "newsarchive@.timer": _TIMER.format(
            calendar=_calendar(every), every=format_duration(every), jitter_s=int(jitter.total_seconds())
        ),
    }


# Crawls need the network, the archive and nothing else of the machine. MemoryDenyWriteExecute stays off: it forbids
# closures of libffi, which Python libraries use.
_SERVICE = """\
[Unit]
Description=Archive the news site %i
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={command}
WorkingDirectory={directory}
User={account}
# Another crawl of the site is under way, or this one was asked to end: nothing is wrong.
SuccessExitStatus={locked} {interrupted}
TimeoutStartSec={max_runtime_s}
TimeoutStopSec={grace_s}
KillMode=mixed
Nice=10
IOSchedulingClass=idle
UMask=0022

ProtectSystem=strict
ReadWritePaths={writes}
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""

_TIMER = """\
[Unit]
Description=Archive the news site %i every {every}

[Timer]
OnCalendar={calendar}
# What was missed while the machine was off is made up for by one crawl.
Persistent=true
RandomizedDelaySec={jitter_s}
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def cron_lines(machine: Machine, sites: Sequence[str], *, every: timedelta) -> str:
    """Lines for a crontab, one a site. cron sends mail when something is printed, so a crawl's lines are printed only
    when its exit code is neither 0 nor that of a collection in use. Raises ``UsageError`` as ``systemd_units`` does.
    """
    return "".join(
        f"{_cron_times(every, offset)} {_cron_command(machine, site)}\n" for offset, site in enumerate(sites)
    )


def _cron_command(machine: Machine, site: str) -> str:
    crawl = shlex.join([*machine.command, site])
    # In a crontab % is a line break, and only a backslash before it is not.
    return (
        f"cd {shlex.quote(str(machine.directory))} && out=$({crawl} 2>&1) || "
        f"{{ code=$?; test $code -eq {CollectionLocked.exit_code} || "
        f'{{ echo "{site}: exit code $code"; echo "$out"; exit $code; }}; }}'
    ).replace("%", "\\%")


def _cron_times(every: timedelta, offset: int) -> str:
    """When, ``offset`` minutes later than on the hour so that sites do not all begin at once."""
    seconds = _checked(every)
    if seconds < _HOUR_S:
        minutes = seconds // 60
        begin = offset % minutes
        return f"{begin}-59/{minutes} * * * *" if begin else f"*/{minutes} * * * *"
    hours = seconds // _HOUR_S
    return f"{offset % 60} {'*' if hours == 1 else '0' if hours == 24 else f'*/{hours}'} * * *"


def _calendar(every: timedelta) -> str:
    seconds = _checked(every)
    if seconds < _HOUR_S:
        return f"*-*-* *:00/{seconds // 60:02}:00"
    hours = seconds // _HOUR_S
    return "*-*-* 00:00:00" if hours == 24 else f"*-*-* 00/{hours:02}:00:00"


def _checked(every: timedelta) -> int:
    seconds = int(every.total_seconds())
    if seconds % 60 == 0 and (seconds < _HOUR_S and _HOUR_S % seconds == 0):
        return seconds
    if seconds % _HOUR_S == 0 and seconds <= _DAY_S and _DAY_S % seconds == 0:
        return seconds
    raise UsageError(
        message=f"schedule.every is {format_duration(every)}; timers and cron start at times of the clock, so it must "
        "be minutes that divide an hour (1m, 2m, 5m, 10m, 15m, 20m, 30m …) or hours that divide a day (1h, 2h, 3h, 4h, "
        "6h, 8h, 12h, 1d). 'newsarchive schedule run' keeps any interval."
    )


def _argument(text: str) -> str:
    """A word of a command line of systemd: specifiers and variables mean nothing in it, but for ``%i`` itself."""
    if text == "%i":
        return text
    escaped = text.replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return escaped if re.fullmatch(r"[\w./:@=+%,-]+", escaped) else f'"{escaped}"'


def _path(path: Path) -> str:
    """A path in a unit. Raises ``UsageError`` for one that cannot stand there."""
    text = str(path)
    if re.search(r"[\s\"'\\]", text):
        raise UsageError(message=f"{text}: a path in a unit of systemd can have no spaces, quotes and backslashes.")
    return text.replace("%", "%%")
