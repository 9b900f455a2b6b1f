"""How an article stands on its site: when it was last found there, and since when it is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.tables import GONE_SINCE
from newsarchive.model.capture import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """``gone_at``: when it was first found gone since it was last found, and ``reason``, one of ``revision.GONE``."""

    last_seen: Instant
    gone_at: Instant | None = None
    reason: str | None = None


def standing_of(catalog: Catalog, article_id: str) -> Standing | None:
    """How an article stands; ``None`` when there is none of this id."""
    last_seen = catalog.last_seen(article_id)
    if last_seen is None:
        return None
    gone = catalog.rows(GONE_SINCE, id=article_id)
    if not gone:
        return Standing(last_seen=last_seen)
    return Standing(last_seen=last_seen, gone_at=datetime.fromisoformat(gone[0][0]), reason=gone[0][1])
