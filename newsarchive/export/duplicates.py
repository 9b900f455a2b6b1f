"""Near-duplicates: agency copy and republished pieces, grouped by datasketch and marked, never dropped.

An article is the set of its runs of five words; how alike two are is estimated from 128 permutations of these sets
(MinHash), and candidates come from an index that is made for it (locality-sensitive hashing). Revisions of one article
are one article here: the last that is met counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from datasketch import MinHash, MinHashLSH

from newsarchive.export.names import split
from newsarchive.model.article import Article

METHOD = "datasketch MinHash, 128 permutations of runs of 5 words"
THRESHOLD = 0.7
"""Articles that share more than about this part of their runs of words are alike."""

_PERMUTATIONS = 128
_RUN_WORDS = 5
_FEWEST_WORDS = 20
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """One line of ``duplicates.jsonl``: an article that is like another.

    ``group`` is ``site/article_id`` of the first member, in the order of the export; ``similarity`` is the estimated
    part of runs of words shared with the member that is most alike.
    """

    site: str
    article_id: str
    group: str
    similarity: float


class NearDuplicates:
    """Takes articles one by one, then gives the groups. Some 10 KB of memory an article.

    Articles of fewer than 20 words are not compared.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self.method = METHOD
        self.threshold = threshold
        self._index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS)
        self._sketches: dict[tuple[str, str], MinHash] = {}
        self._splits: dict[tuple[str, str], str] = {}

    def add(self, article: Article) -> None:
        """Take in one revision; it replaces the one before."""
        key = (article.site, article.article_id)
        words = _WORD.findall(article.text.casefold())
        if key in self._sketches:
            self._index.remove(key)
            del self._sketches[key]
        if len(words) < _FEWEST_WORDS:
            return
        sketch = MinHash(num_perm=_PERMUTATIONS)
        runs = {" ".join(words[at : at + _RUN_WORDS]).encode() for at in range(len(words) - _RUN_WORDS + 1)}
        sketch.update_batch(list(runs))
        self._sketches[key] = sketch
        self._splits[key] = split(article)
        self._index.insert(key, sketch)

    def groups(self) -> Iterator[tuple[Duplicate, ...]]:
        """The groups of two and more, in the order of their first members, the members in their order."""
        order = {key: number for number, key in enumerate(self._sketches)}
        leaders = {key: key for key in order}
        nearest: dict[tuple[str, str], float] = {}

        def leader(key: tuple[str, str]) -> tuple[str, str]:
            while leaders[key] != key:
                leaders[key] = key = leaders[leaders[key]]
            return key

        for key, sketch in self._sketches.items():
            for other in self._index.query(sketch):
                if other == key:
                    continue
                similarity = round(float(sketch.jaccard(self._sketches[other])), 3)
                if similarity >= self.threshold:
                    nearest[key] = max(similarity, nearest.get(key, 0))
                    first, second = sorted((leader(key), leader(other)), key=order.__getitem__)
                    leaders[second] = first
        members: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for key in nearest:
            members.setdefault(leader(key), []).append(key)
        for first in sorted(members, key=order.__getitem__):
            yield tuple(
                Duplicate(site=site, article_id=article_id, group="/".join(first), similarity=nearest[site, article_id])
                for site, article_id in sorted(members[first], key=order.__getitem__)
            )

    def splits(self, group: tuple[Duplicate, ...]) -> set[str]:
        """The splits that the members of a group are in."""
        return {self._splits[member.site, member.article_id] for member in group}
