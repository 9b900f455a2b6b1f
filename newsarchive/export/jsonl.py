"""JSON lines: the article records as the archive has them, one file a site."""

from __future__ import annotations

from newsarchive.export.folder import ExportFolder
from newsarchive.export.portion import Portion
from newsarchive.model.serialize import to_line


def write_jsonl(portion: Portion, folder: ExportFolder) -> None:
    """Append to ``data/<site>.jsonl``. ``docs/article.schema.json`` is the schema of a line."""
    with folder.append(f"data/{portion.site}.jsonl") as file:
        for article in portion.articles:
            file.write(to_line(article))
