"""What becomes of articles that their page asks not to be kept: named policies, each recorded with its export. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from types import MappingProxyType
from typing import Any, Literal

from newsarchive.model.article import Article

Policy = Literal["keep", "drop-expired", "drop-restricted", "withhold-expired", "withhold-restricted"]
Restriction = Literal["expired", "noarchive"]
"""``expired``: the page was to be taken down by now (``unavailable_after``). ``noarchive``: it asks for no copies."""

WITHHELD: Mapping[str, Any] = MappingProxyType(
    {
        "lead": None,
        "description": None,
        "text": "",
        **dict.fromkeys(("body", "media", "images", "broadcasts", "updates", "related", "corrections"), ()),
    }
)
"""The fields that are emptied where content is withheld. What is left identifies and dates an article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a policy does with articles under one of ``restrictions``: it ``withholds`` their content or drops them."""

    restrictions: tuple[Restriction, ...]
    withholds: bool = False

    @property
    def depends_on_day(self) -> bool:
        """Whether it must be told what day it is."""
        return "expired" in self.restrictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What is passed on of an article: itself; without content, because of ``restriction``; or nothing of it."""

    article: Article | None
    restriction: Restriction | None = None


POLICIES: Mapping[Policy, Rule] = MappingProxyType(
    {
        "keep": Rule(restrictions=()),
        "drop-expired": Rule(restrictions=("expired",)),
        "drop-restricted": Rule(restrictions=("expired", "noarchive")),
        "withhold-expired": Rule(restrictions=("expired",), withholds=True),
        "withhold-restricted": Rule(restrictions=("expired", "noarchive"), withholds=True),
    }
)


def restrictions(article: Article, as_of: date | None, zone: tzinfo) -> tuple[Restriction, ...]:
    """What ``article`` is under on the day ``as_of``; without a day, nothing has expired."""
    found: list[Restriction] = []
    taken_down = article.unavailable_after
    if as_of is not None and taken_down is not None and taken_down.astimezone(zone).date() <= as_of:
        found.append("expired")
    if any("noarchive" in directive.casefold() for directive in article.robots):
        found.append("noarchive")
    return tuple(found)


def under(policy: Policy, article: Article, as_of: date | None, zone: tzinfo) -> Passage:
    """What may be passed on of ``article`` under ``policy``."""
    rule = POLICIES[policy]
    met = next((found for found in restrictions(article, as_of, zone) if found in rule.restrictions), None)
    if met is None:
        return Passage(article=article)
    return Passage(article=replace(article, **WITHHELD) if rule.withholds else None, restriction=met)
