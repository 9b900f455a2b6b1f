"""What each WARC of a run says of the run itself, so that one that lost its record can still be told of.

The facts stand in the warcinfo record (WARC 1.1 section 6.2, which allows fields of one's own), each value as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from newsarchive.model.serialize import from_json

Settings = dict[str, str | int | float | bool | None]

_PREFIX = "newsarchive-"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a run was begun with; as in ``CrawlRun``. Unknown: empty."""

    base_url: str = ""
    versions: dict[str, str]
    settings: Settings

    def to_warcinfo(self) -> dict[str, str]:
        """These facts as named fields."""
        facts = {"base-url": self.base_url, "versions": self.versions, "settings": self.settings}
        return {_PREFIX + name: json.dumps(value, ensure_ascii=False) for name, value in facts.items()}


def read_facts(block: bytes) -> RunFacts:
    """The facts in the block of a warcinfo record; those that are missing or not of this form are unknown."""
    lines = (line.partition(":") for line in block.decode("utf-8", "replace").splitlines())
    fields = {name.strip(): value.strip() for name, _, value in lines}
    return RunFacts(
        base_url=_value(fields, "base-url", str, ""),
        versions=_value(fields, "versions", dict[str, str], {}),
        settings=_value(fields, "settings", Settings, {}),
    )


def _value(fields: Mapping[str, str], name: str, kind: Any, unknown: Any) -> Any:
    try:
        return from_json(fields.get(_PREFIX + name, ""), kind)
    except ValueError:
        return unknown
