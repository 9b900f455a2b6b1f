"""Units for systemd and lines for cron: the times they mean, and that both programs take them."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from newsarchive.errors import UsageError
from newsarchive.operation.units import Machine, cron_lines, systemd_units

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def machine(*command: str, directory: Path = Path("/srv/news")) -> Machine:
    return Machine(
        command=command or ("/opt/newsarchive/bin/newsarchive", "crawl", "--archive", "/srv/news/archive"),
        directory=directory,
        writes=(Path("/srv/news/archive"), Path("/var/lib/metrics")),
        account="archivist",
    )


def units(found: Machine, *, every: timedelta = 10 * MINUTE) -> dict[str, str]:
    return systemd_units(found, every=every, jitter=30 * MINUTE / 60, max_runtime=6 * HOUR, grace=2 * MINUTE)


@pytest.mark.parametrize(
    ("every", "calendar", "cron"),
    [
        (MINUTE, "*-*-* *:00/01:00", "*/1 * * * *"),
        (10 * MINUTE, "*-*-* *:00/10:00", "*/10 * * * *"),
        (HOUR, "*-*-* 00/01:00:00", "0 * * * *"),
        (6 * HOUR, "*-*-* 00/06:00:00", "0 */6 * * *"),
        (24 * HOUR, "*-*-* 00:00:00", "0 0 * * *"),
    ],
)
def test_an_interval_becomes_times_of_the_clock(every: timedelta, calendar: str, cron: str) -> None:
    timer = units(machine(), every=every)["newsarchive@.timer"]

    assert f"\nOnCalendar={calendar}\n" in timer
    assert cron_lines(machine(), ["tagesschau"], every=every).startswith(f"{cron} cd /srv/news && ")


@pytest.mark.parametrize("every", [timedelta(seconds=30), 7 * MINUTE, 90 * MINUTE, 5 * HOUR, 48 * HOUR, 61 * MINUTE])
def test_an_interval_that_no_clock_can_keep_is_refused(every: timedelta) -> None:
    with pytest.raises(UsageError, match=r"schedule\.every is .*minutes that divide an hour"):
        units(machine(), every=every)
    with pytest.raises(UsageError, match=r"schedule\.every is .*hours that divide a day"):
        cron_lines(machine(), ["tagesschau"], every=every)


def test_sites_do_not_begin_in_the_same_minute() -> None:
    lines = cron_lines(machine(), ["one", "two", "three"], every=10 * MINUTE).splitlines()

    assert [line.split()[0] for line in lines] == ["*/10", "1-59/10", "2-59/10"]


def test_the_service_may_write_to_the_archive_and_the_metrics_alone() -> None:
    service = units(machine())["newsarchive@.service"].splitlines()

    assert "ProtectSystem=strict" in service
    assert "ReadWritePaths=/srv/news/archive /var/lib/metrics" in service
    assert "User=archivist" in service
    assert "NoNewPrivileges=yes" in service


def test_the_timer_makes_up_for_what_was_missed_and_does_not_come_on_the_dot() -> None:
    timer = units(machine())["newsarchive@.timer"].splitlines()

    assert "Persistent=true" in timer
    assert "RandomizedDelaySec=30" in timer


def test_a_path_that_a_unit_cannot_name_is_refused() -> None:
    with pytest.raises(UsageError, match="no spaces"):
        units(machine(directory=Path("/srv/my news")))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    found = Machine(
        command=(shutil.which("true") or "true", "crawl", "--contact", 'a "b" 100% $HOME \\ you@example.org'),
        directory=tmp_path,
        writes=(tmp_path,),
        account="root",
    )
    for name, text in units(found).items():
        (tmp_path / name.replace("@.", "@tagesschau.")).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())], capture_output=True, text=True, check=False
    )

    # It reads the units of the machine too, and may complain of those.
    assert [line for line in done.stderr.splitlines() if "newsarchive@" in line] == []
    assert done.returncode == 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_means_the_same_times() -> None:
    done = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=3", "--base-time=2026-01-06 09:58:00 UTC", "*-*-* *:00/10:00"],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "LC_ALL": "C"},
    )

    assert [minute in done.stdout for minute in ("10:00:00", "10:10:00", "10:20:00")] == [True] * 3


@pytest.mark.parametrize(
    ("program", "exit_code", "printed"),
    [
        ("echo archived; exit 0", 0, ""),
        ("echo in use >&2; exit 12", 0, ""),
        ("echo nothing read; echo why >&2; exit 14", 14, "tagesschau: exit code 14\nnothing read\nwhy\n"),
    ],
)
def test_cron_has_something_to_mail_only_when_a_crawl_did_not_end_well(
    tmp_path: Path, program: str, exit_code: int, printed: str
) -> None:
    line = cron_lines(machine("/bin/sh", "-c", program, directory=tmp_path), ["tagesschau"], every=HOUR)
    command = line.split(maxsplit=5)[5].replace("\\%", "%")
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (exit_code, printed, "")


def test_a_line_of_cron_has_no_bare_percent_sign() -> None:
    line = cron_lines(machine("crawl", "--contact", "https://example.org/?a=%20b"), ["tagesschau"], every=HOUR)

    assert "\\%20" in line
    assert "%" not in line.replace("\\%", "")
    assert line.count("\n") == 1
