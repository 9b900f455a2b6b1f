"""The demo: the whole job in one command, and what a terminal shows meanwhile."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

from newsarchive.collection.collection import Collection
from tests.crawling import NEWSARCHIVE, PROJECT, environment


def test_the_demo_shows_the_whole_job(tmp_path: Path) -> None:
    shown = subprocess.run(
        [*NEWSARCHIVE, "demo", "--articles", "12", "--keep", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        cwd=PROJECT,
        env=environment(),
    )

    assert shown.returncode == 0, shown.stderr
    with Collection.open(tmp_path / "tagesschau") as collection:
        (run,) = collection.runs()
        articles = {article.article_id: article for article in collection.articles()}
    assert run.outcome == "finished"
    assert len(articles) == run.articles == 12
    (advice,) = re.findall(r"^newsarchive articles show (\S+) --archive", shown.stdout, re.MULTILINE)
    assert articles[advice].headline in shown.stdout
    assert articles[advice].text in shown.stdout
    for path in re.findall(rf"{re.escape(str(tmp_path))}\S+\.(?:jsonl|gz|log)", shown.stdout):
        assert Path(path).is_file()


def test_a_terminal_shows_a_progress_line_instead_of_the_log(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*NEWSARCHIVE, "demo", "--articles", "6", "--keep", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        cwd=PROJECT,
        env=environment() | {"TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        terminal = _read_to_end(ours)
        stdout, _ = process.communicate(timeout=100)

    assert process.returncode == 0, terminal
    assert "articles, 0 problems" in terminal
    assert "INFO" not in terminal
    assert "outcome" not in terminal
    assert "finished" in stdout
    assert list(tmp_path.glob("tagesschau/logs/*.log"))


def _read_to_end(terminal: int) -> str:
    pieces = []
    try:
        while piece := os.read(terminal, 65536):
            pieces.append(piece)
    except OSError:  # the other side has closed it
        pass
    finally:
        os.close(terminal)
    return b"".join(pieces).decode("utf-8", "replace")
