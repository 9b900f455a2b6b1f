"""What holds: an option before the environment, that before the file, that before the default. Decided here alone.

The command line asks here for whatever an option does not say, and ``newsarchive config show`` prints the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from msgspec import structs

from newsarchive.config.tables import SettingsTable, SiteTable, Table, parse_contact, read_table
from newsarchive.errors import UsageError
from newsarchive.log_lines import LogLines

FILE_NAME = "newsarchive.toml"
"""The settings file that is read where it lies in the working directory."""

CONFIG_VARIABLE = "NEWSARCHIVE_CONFIG"
"""The environment variable that names another one."""

VARIABLES = {
    "archive": "NEWSARCHIVE_ARCHIVE",
    "contact": "NEWSARCHIVE_CONTACT",
    "metrics": "NEWSARCHIVE_METRICS",
    "log_format": "NEWSARCHIVE_LOG_FORMAT",
}
"""The environment variable of each setting that has one."""

_PATHS = frozenset({"archive", "metrics"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a setting is, and where that comes from: ``default``, a file, or a variable of the environment."""

    key: str
    value: Any
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one command: the ``file`` that was read, if any, as ``table`` and as ``given``, and the
    ``environment``."""

    file: Path | None = None
    table: SettingsTable
    given: Mapping[str, Any]
    environment: Mapping[str, str]

    def held(self, key: str) -> Held:
        """What holds for ``key``, such as ``crawl.delay_s``, where no option says otherwise.

        ``KeyError`` for what is no key of ``SettingsTable``. A value from the environment is text.
        """
        *tables, name = key.split(".")
        table: Any = self.table
        given: Any = self.given
        for part in tables:
            table, given = getattr(table, part), given.get(part, {})
        if name not in table.__struct_fields__:
            raise KeyError(key)
        variable = VARIABLES.get(key)
        if variable is not None and self.environment.get(variable):
            return Held(key=key, value=self.environment[variable], origin=variable)
        value = getattr(table, name)
        if self.file is None or name not in given:
            return Held(key=key, value=value, origin="default")
        if key in _PATHS:
            value = str(self.file.parent / value)
        return Held(key=key, value=value, origin=str(self.file))

    def check_values(self) -> None:
        """Hold what the environment says, and what the file cannot be held to as it is read, to what is allowed.

        Raises ``UsageError``.
        """
        contact, log_format = self.held("contact"), self.held("log_format")
        try:
            parse_contact(contact.value)
        except ValueError as error:
            raise UsageError(message=f"{contact.origin}: contact: {error}.") from error
        if log_format.value not in get_args(LogLines):
            allowed = ", ".join(get_args(LogLines))
            raise UsageError(message=f"{log_format.origin}: there are no {log_format.value} lines; allowed: {allowed}.")

    def site(self, name: str) -> SiteTable:
        """What the file says of a site."""
        return self.table.sites.get(name, SiteTable())

    def all(self) -> Iterator[Held]:
        """Everything that holds, in the order of the tables; of sites, what the file says of them."""
        yield from self._all(self.table)

    def _all(self, table: Table, prefix: str = "") -> Iterator[Held]:
        for field in structs.fields(table):
            value, key = getattr(table, field.name), prefix + field.encode_name
            if key == "sites":
                for name, site in self.table.sites.items():
                    yield from self._of_site(site, f"sites.{name}.")
            elif isinstance(value, Table):
                yield from self._all(value, f"{key}.")
            else:
                yield self.held(key)

    def _of_site(self, table: Table, prefix: str) -> Iterator[Held]:
        for field in structs.fields(table):
            value = getattr(table, field.name)
            if isinstance(value, Table):
                yield from self._of_site(value, f"{prefix}{field.name}.")
            elif isinstance(value, dict):
                for name, inner in value.items():
                    yield Held(key=f"{prefix}{field.name}.{name}", value=inner, origin=str(self.file))
            elif value is not None:
                yield Held(key=prefix + field.name, value=value, origin=str(self.file))


def load_settings(file: Path | None, *, environment: Mapping[str, str], directory: Path) -> Settings:
    """The settings of a command that is run in ``directory``: of ``file`` if one is named, else of the one named by
    ``NEWSARCHIVE_CONFIG``, else of ``newsarchive.toml`` in ``directory`` if there is one.

    Raises ``UsageError`` for a file that is named and not there, or that is wrong.
    """
    named = file or (Path(environment[CONFIG_VARIABLE]) if environment.get(CONFIG_VARIABLE) else None)
    if named is None and (directory / FILE_NAME).is_file():
        named = directory / FILE_NAME if directory != Path() else Path(FILE_NAME)
    if named is None:
        return Settings(table=SettingsTable(), given={}, environment=environment)
    if not named.is_file():
        raise UsageError(message=f"There is no settings file {named}.")
    table, given = read_table(named)
    return Settings(file=named, table=table, given=given, environment=environment)
