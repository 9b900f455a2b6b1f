"""Near-duplicates: agency copy and republished pieces, grouped by datasketch and marked, never dropped.

An article is the set of its runs of five words; how alike two are is estimated from 128 permutations of these sets
(MinHash), and candidates come from an index that is made for it (locality-sensitive hashing). In the order of the
export an article joins the group whose first member it is most like, or is the first of a group itself. So no chain of
small changes joins what is not alike, and ten thousand copies of one piece cost no more than ten thousand pieces.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from datasketch import MinHash, MinHashLSH

from newsarchive.model.article import Article

METHOD = "datasketch MinHash, 128 permutations of runs of 5 words"
THRESHOLD = 0.7
"""Articles that share more than about this part of their runs of words are alike."""

_PERMUTATIONS = 128
_BANDS, _ROWS = 25, 5
"""Of the index: of pairs at the threshold it finds 99 %, of those that are more alike almost all."""

_RUN_WORDS = 5
_FEWEST_WORDS = 20
_WORD = re.compile(r"\w+")

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """One line of ``duplicates.jsonl``: an article that is like others.

    ``group`` is ``site/article_id`` of the first member, in the order of the export; ``similarity`` is the estimated
    part of runs of words shared with it.
    """

    site: str
    article_id: str
    group: str
    similarity: float


class NearDuplicates:
    """Takes articles one by one, then gives the groups. Takes up to 8 KB of memory for each.

    Revisions of one article are one article here: the last that was added counts. Articles of fewer than 20 words are
    not compared.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self.method = METHOD
        self.threshold = threshold
        self._empty = MinHash(num_perm=_PERMUTATIONS, hashfunc=zlib.crc32)
        self._sketches: dict[_Key, MinHash | None] = {}

    def add(self, article: Article) -> None:
        """Take in one revision; it replaces the one before."""
        words = _WORD.findall(article.text.casefold())
        sketch = None
        if len(words) >= _FEWEST_WORDS:
            runs = {" ".join(words[at : at + _RUN_WORDS]).encode() for at in range(len(words) - _RUN_WORDS + 1)}
            sketch = self._empty.copy()
            sketch.update_batch(list(runs))
        self._sketches[article.site, article.article_id] = sketch

    def groups(self) -> Iterator[tuple[Duplicate, ...]]:
        """The groups of two and more, in the order of their first members, the members in their order."""
        index = MinHashLSH(params=(_BANDS, _ROWS), num_perm=_PERMUTATIONS)
        groups: dict[_Key, list[tuple[_Key, float]]] = {}
        for key, sketch in self._sketches.items():
            if sketch is None:
                continue
            # Of equally similar ones the first by name: the index gives them in no order.
            alike = [(float(sketch.jaccard(self._sketches[first])), first) for first in sorted(index.query(sketch))]
            similarity, first = max(alike, key=lambda found: found[0], default=(0.0, key))
            if similarity >= self.threshold:
                groups[first].append((key, similarity))
            else:
                index.insert(key, sketch)
                groups[key] = [(key, 1.0)]
        for first, members in groups.items():
            if len(members) > 1:
                yield tuple(
                    Duplicate(site=site, article_id=article_id, group="/".join(first), similarity=round(similarity, 3))
                    for (site, article_id), similarity in members
                )
