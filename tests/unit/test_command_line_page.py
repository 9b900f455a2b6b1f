"""docs/cli.md has a section for each command, with all of its options and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from newsarchive import crawl
from newsarchive.cli import COMMANDS, main
from newsarchive.crawl import failures

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## newsarchive ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def _commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", command.commands[below]) for below in command.commands)
        elif command is not None:
            yield name, command


LEAVES = sorted(_commands(), key=lambda named: named[0])
each_command = pytest.mark.parametrize(("name", "command"), LEAVES, ids=[name for name, _ in LEAVES])


def test_every_command_has_its_section_and_every_section_its_command() -> None:
    assert [name for name, _ in LEAVES] == list(SECTIONS)


@each_command
def test_a_section_has_the_options_of_its_command(name: str, command: click.Command) -> None:
    options = {
        option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts
    }
    documented = re.findall(r"^\| `(--[\w-]+)` \|", SECTIONS[name], re.MULTILINE)

    assert sorted(documented) == sorted(options)


def test_the_section_of_crawl_has_every_code_that_a_crawl_counts() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(crawl.__path__[0]).glob("*.py"))
    counted = (
        set(re.findall(r'problems\["([\w-]+)"\]', source))
        | set(re.findall(r'\.failed\(\w+, "([\w-]+)"', source))
        | {kind.code for kind in failures.NotAsked.__subclasses__()}
        | set(failures.CODES.values())
    )
    described = set(re.findall(r"`([a-z]+-[a-z-]+|timeout)`", SECTIONS["crawl"]))

    assert counted <= described
    assert {"listing-failed", "host-unknown", "timeout"} <= counted


@each_command
def test_a_section_shows_how_the_command_is_called(name: str, command: click.Command) -> None:
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    shown = [parameter.human_readable_name.upper() for parameter in arguments]
    called = [name if parameter.required else f"[{name}]" for name, parameter in zip(shown, arguments, strict=True)]

    assert " ".join(("`newsarchive", name, *called)) in SECTIONS[name]
