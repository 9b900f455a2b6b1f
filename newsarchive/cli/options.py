"""Options that several commands have, spelled once, and options whose value the settings have where nobody gives it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from newsarchive.cli.talk import set_form

if TYPE_CHECKING:
    from newsarchive.config.settings import Settings

_SETTINGS = "newsarchive.settings"


def read_settings(ctx: click.Context) -> Settings:
    """The settings, read from the file as it is now. Raises ``UsageError``."""
    from newsarchive.config.settings import load_settings

    file = ctx.find_root().params.get("config")
    return load_settings(file, environment=os.environ, directory=Path())


def settings_of(ctx: click.Context) -> Settings:
    """The settings of this command, read once. Raises ``UsageError``."""
    meta = ctx.find_root().meta
    if _SETTINGS not in meta:
        meta[_SETTINGS] = read_settings(ctx)
    found: Settings = meta[_SETTINGS]
    return found


def is_given(ctx: click.Context, name: str) -> bool:
    """Whether the option called ``name`` stands on the command line."""
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


class SettingOption(click.Option):
    """An option that stands for a setting: where it is not given, what ``config.settings`` says holds."""

    def __init__(self, declarations: list[str], *, setting: str, **attributes: Any) -> None:
        super().__init__(declarations, **attributes)
        self.setting = setting

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """The value on the command line, else that of the settings."""
        value, source = super().consume_value(ctx, opts)
        if source is ParameterSource.COMMANDLINE or ctx.resilient_parsing:
            return value, source
        return settings_of(ctx).held(self.setting).value, ParameterSource.DEFAULT_MAP

    def get_help_extra(self, ctx: click.Context) -> Any:
        """What stands in brackets behind the help: where the value comes from if not given."""
        from newsarchive.config.settings import VARIABLES

        extra = super().get_help_extra(ctx)
        if self.setting in VARIABLES:
            extra["envvars"] = (VARIABLES[self.setting],)
        return extra


class DurationType(click.ParamType[Any]):
    """A duration such as ``10m``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A ``Duration``."""
        from newsarchive.config.durations import parse_duration

        if not isinstance(value, str):
            return value
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class ContactType(click.ParamType[Any]):
    """A web or e-mail address."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The text itself."""
        from newsarchive.config.tables import parse_contact

        try:
            return parse_contact(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


archive_option = click.option(
    "--archive",
    cls=SettingOption,
    setting="archive",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("archive"),
    show_default=True,
    help="Directory of the collections.",
)
"""``--archive DIR``, passed to the command as ``archive``, a ``Path``."""

contact_option = click.option(
    "--contact",
    cls=SettingOption,
    setting="contact",
    type=ContactType(),
    default="",
    help="Web or e-mail address of whoever is responsible; sent with every request.",
)
"""``--contact``, passed as ``contact``."""

metrics_option = click.option(
    "--metrics",
    cls=SettingOption,
    setting="metrics",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of Prometheus' textfile collector; the crawl leaves its metrics there, in a file for each site.",
)
"""``--metrics DIR``, passed as ``metrics``, a ``Path`` or ``None``."""

log_format_option = click.option(
    "--log-format",
    cls=SettingOption,
    setting="log_format",
    type=click.Choice(["plain", "json"]),
    default="plain",
    show_default=True,
    callback=set_form,
    help="Log lines for people, or one JSON object a line.",
)
"""``--log-format``, passed as ``log_format``."""

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
"""``--json`` of a listing, passed as ``as_json``."""
