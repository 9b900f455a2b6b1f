"""The command line: one file per command, which parses, calls one function and prints.

Data goes to stdout, talk to stderr. A command module is imported only when its command is run, so that the start and
the help are fast. The one handler of errors is ``Commands.invoke``.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from newsarchive import __version__
from newsarchive.cli.talk import say
from newsarchive.errors import NewsarchiveError

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells count it: 128 and the number of the signal."""

BROKEN_PIPE = 141
"""Exit code when whoever read our output has gone, as of any program that dies of SIGPIPE."""


class _Command(NamedTuple):
    module: str
    name: str
    help: str


COMMANDS = {
    "articles": _Command("newsarchive.cli.articles", "articles", "Look at the articles of an archive."),
    "check": _Command("newsarchive.cli.check", "check", "Read everything again and say what is wrong."),
    "config": _Command("newsarchive.cli.config", "config", "Look at the settings."),
    "crawl": _Command("newsarchive.cli.crawl", "crawl", "Archive a site and extract its articles."),
    "demo": _Command("newsarchive.cli.demo", "demo", "Crawl an invented news site on this machine."),
    "export": _Command("newsarchive.cli.export", "export", "Write articles for other programs."),
    "extract": _Command("newsarchive.cli.extract", "extract", "Extract again from the archive, or from WARC files."),
    "generations": _Command("newsarchive.cli.generations", "generations", "Look at earlier extractions, and go back."),
    "import": _Command("newsarchive.cli.imports", "imports", "Take in what others saved: WARC files, text of a page."),
    "rebuild": _Command("newsarchive.cli.rebuild", "rebuild", "Make again what is derived from the WARC files."),
    "recover": _Command("newsarchive.cli.recover", "recover", "Bring back what a killed crawl left."),
    "revisions": _Command("newsarchive.cli.revisions", "revisions", "Look at what became of an article."),
    "schedule": _Command("newsarchive.cli.schedule", "schedule", "Crawl again and again."),
    "serve": _Command("newsarchive.cli.serve", "serve", "Read and search the archive in a browser."),
    "site": _Command("newsarchive.cli.site", "site", "Look at the sites that can be crawled, and add one."),
    "snapshot": _Command("newsarchive.cli.snapshot", "snapshot", "Seal releases that anyone can verify."),
    "status": _Command("newsarchive.cli.status", "status", "Say how the archive stands."),
}
"""Every command: where it is defined, and its line in the help."""


class Commands(click.Group):
    """The commands of ``COMMANDS``, each imported when it is run, and the end of every error."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command called ``name``, imported now."""
        if name not in COMMANDS:
            return None
        entry = COMMANDS[name]
        command = getattr(import_module(entry.module), entry.name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}.{entry.name} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].help) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; whatever ends it becomes a line on stderr and an exit code, never a traceback."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except NewsarchiveError as error:
            say(ctx, str(error), "command-failed", exit_code=error.exit_code)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            say(ctx, "stopped", "command-stopped", level="info", exit_code=INTERRUPTED)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # What Python still holds for stdout must go somewhere, or it would complain of the pipe on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(BROKEN_PIPE)
        return result


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="newsarchive")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Settings; NEWSARCHIVE_CONFIG or newsarchive.toml in the working directory if not given.",
)
def main(config: Path | None) -> None:
    """Archive news sites: every exchange as it crossed the wire, every article as one clean line."""
