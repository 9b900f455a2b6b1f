"""Snapshots of a collection: the same bytes wherever and whenever, one going on from another, signed and stamped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import bagit
import pytest
import time_machine
from click.testing import CliRunner, Result
from rocrate.rocrate import ROCrate

from newsarchive.cli import main
from newsarchive.collection.collection import Collection
from newsarchive.collection.index import Index
from newsarchive.collection.layout import Layout
from newsarchive.errors import NewsarchiveError, StorageFailed, UnreadableInput, UsageError
from newsarchive.model.article import Article
from newsarchive.model.revision import content_digest
from newsarchive.model.serialize import from_json, to_line
from newsarchive.model.snapshot import SnapshotManifest
from newsarchive.snapshot import contents
from newsarchive.snapshot.create import create
from newsarchive.snapshot.diff import diff
from newsarchive.snapshot.opened import Chain, Snapshot
from newsarchive.snapshot.sign import create_key, public_pem, read_key, read_public_key
from newsarchive.snapshot.time_stamp import ask
from newsarchive.snapshot.verify import verify
from tests.crawling import PROJECT
from tests.damage import sample
from tests.damage.packed import PackedLab
from tests.kept import archive as keep_capture
from tests.kept import crawling, exchange

FIRST = datetime(2026, 11, 22, 10, tzinfo=UTC)
"""Between the first run of the sample and the second."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("archive")
    sample.build(archive / sample.SITE)
    return archive


@pytest.fixture
def collection(archive: Path) -> Iterator[Collection]:
    with Collection.open(archive / sample.SITE) as collection:
        yield collection


def sealed(collection: Collection, path: Path, **options: object) -> Path:
    return create(collection, path, **options)[0]  # type: ignore[arg-type]  (passed on)


def codes(path: Path, **options: object) -> set[str]:
    return {finding.code for finding in verify(path, **options)}  # type: ignore[arg-type]  (passed on)


def command(archive: Path, *arguments: str | Path, **environment: str) -> Result:
    options = [str(argument) for argument in arguments]
    return CliRunner().invoke(main, options, env={"NEWSARCHIVE_ARCHIVE": str(archive), **environment})


# --- the same bytes --------------------------------------------------------------------------------------------------


def test_made_twice_in_two_places_on_another_day_it_is_the_same_file(
    archive: Path, collection: Collection, tmp_path: Path
) -> None:
    first = sealed(collection, tmp_path / "first.wacz")
    moved = tmp_path / "elsewhere" / "deep"
    shutil.copytree(archive / sample.SITE, moved)
    with time_machine.travel("2041-02-03T04:05:06+00:00"), Collection.open(moved) as other:
        second = sealed(other, tmp_path / "second.wacz")

    assert second.read_bytes() == first.read_bytes()


def test_another_zone_locale_and_process_make_the_same_file(
    archive: Path, collection: Collection, tmp_path: Path
) -> None:
    first = sealed(collection, tmp_path / "first.wacz")
    environment = os.environ | {
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "17",
        "PYTHONUTF8": "0",
        "NEWSARCHIVE_ARCHIVE": str(archive),
    }
    output = tmp_path / "second.wacz"
    done = subprocess.run(
        (sys.executable, "-m", "newsarchive", "snapshot", "create", sample.SITE, "--output", output),
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert output.read_bytes() == first.read_bytes()


def test_an_index_that_was_made_again_or_lags_behind_makes_the_same_file(
    archive: Path, collection: Collection, tmp_path: Path
) -> None:
    first = sealed(collection, tmp_path / "first.wacz")
    root = tmp_path / sample.SITE
    shutil.copytree(archive / sample.SITE, root)
    with Collection.open(root) as other:
        other.rebuild()
        assert sealed(other, tmp_path / "rebuilt.wacz").read_bytes() == first.read_bytes()
    shutil.rmtree(root / "indexes")
    with Collection.open(root) as other, other.lock():
        runs = other.runs()
        Index(Layout(root)).rebuild(runs[:1])
    # Whoever holds the lock is about to list what is missing, so nobody else does.
    with Collection.open(root) as other, Collection.open(root) as writer, writer.lock():
        lagging = sealed(other, tmp_path / "lagging.wacz")

    assert lagging.read_bytes() == first.read_bytes()


def test_it_is_dated_as_its_last_run_or_by_source_date_epoch(archive: Path, tmp_path: Path) -> None:
    plain = command(archive, "snapshot", "create", sample.SITE, "--output", tmp_path / "a.wacz", "--json")
    dated = command(
        archive, "snapshot", "create", sample.SITE, "--output", tmp_path / "b.wacz", "--json", SOURCE_DATE_EPOCH="0"
    )
    refused = command(
        archive, "snapshot", "create", sample.SITE, "--output", tmp_path / "c.wacz", SOURCE_DATE_EPOCH="yesterday"
    )

    manifest = from_json(plain.output, SnapshotManifest)
    assert manifest.created_at == manifest.cutoff
    assert from_json(dated.output, SnapshotManifest).created_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert (tmp_path / "b.wacz").read_bytes() != (tmp_path / "a.wacz").read_bytes()
    assert codes(tmp_path / "b.wacz") == set()
    assert (refused.exit_code, "SOURCE_DATE_EPOCH" in refused.stderr) == (2, True)


# --- what is in it ---------------------------------------------------------------------------------------------------


def test_it_holds_every_file_of_its_runs_byte_for_byte(archive: Path, collection: Collection, tmp_path: Path) -> None:
    path, manifest = create(collection, tmp_path / "a.wacz")
    runs = collection.runs()
    layout = collection.layout
    with Snapshot.open(path) as snapshot:
        for warc in (warc for run in runs for warc in run.warcs):
            packed = snapshot.wacz.read(contents.packed_warc(warc.path))
            assert packed == layout.locate(warc.path).read_bytes()
        for run in runs:
            assert snapshot.wacz.read(contents.packed_run(run.run)) == layout.crawl(run.run).read_bytes()
        lines = [layout.locate(run.articles_file).read_bytes() for run in runs if run.articles_file]
        assert snapshot.wacz.read(contents.ARTICLES) == b"".join(lines)
        assert snapshot.manifest == manifest
        assert [article for _, article in snapshot.articles()] == list(collection.articles())
        chain = Chain((snapshot,))
        for article in collection.articles():
            assert chain.read_capture(article.capture) == collection.read_capture(article.capture)
    assert manifest.runs == tuple(run.run for run in runs)
    assert manifest.name == "tagesschau-20261122T114002Z"
    assert (manifest.captures, manifest.articles) == (sum(run.captures for run in runs), 7)


def test_what_is_not_committed_is_not_in_it(archive: Path, tmp_path: Path) -> None:
    root = tmp_path / sample.SITE
    shutil.copytree(archive / sample.SITE, root)
    with Collection.open(root) as collection:
        before = sealed(collection, tmp_path / "before.wacz").read_bytes()
    with (
        Collection.open(root) as collection,
        collection.lock(),
        collection.begin_crawl(base_url=sample.BASE_URL, versions={}, settings={}, warcinfo={}) as writer,
    ):
        with Collection.open(root) as reader:
            meanwhile = sealed(reader, tmp_path / "meanwhile.wacz").read_bytes()
        writer.abort()

    assert meanwhile == before


def test_it_goes_to_its_collection_under_its_name_and_is_listed(archive: Path, tmp_path: Path) -> None:
    shutil.copytree(archive / sample.SITE, tmp_path / sample.SITE)
    made = command(tmp_path, "snapshot", "create", sample.SITE)
    again = command(tmp_path, "snapshot", "create", sample.SITE)
    listed = command(tmp_path, "snapshot", "list", "--json")

    path = tmp_path / sample.SITE / "snapshots" / "tagesschau-20261122T114002Z.wacz"
    assert (made.exit_code, path.exists()) == (0, True)
    assert (again.exit_code, "nothing was committed since" in again.stderr) == (2, True)
    row = json.loads(listed.output)
    assert (row["name"], row["runs"], row["articles"], row["signed"]) == ("tagesschau-20261122T114002Z", 3, 7, False)


def test_a_file_that_is_not_the_sealed_one_is_refused_and_nothing_is_left(archive: Path, tmp_path: Path) -> None:
    root = tmp_path / sample.SITE
    shutil.copytree(archive / sample.SITE, root)
    (warc, *_) = Layout(root).warc_files()
    data = bytearray(warc.read_bytes())
    data[len(data) // 2] ^= 1
    warc.write_bytes(data)
    with Collection.open(root) as collection, pytest.raises(UnreadableInput, match="sealed"):
        create(collection, tmp_path / "out" / "a.wacz")

    assert list((tmp_path / "out").iterdir()) == []


def test_there_must_be_something_to_seal_and_room_for_it(collection: Collection, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no committed run"):
        create(collection, tmp_path / "a.wacz", until=FIRST - timedelta(days=1))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed):
        create(collection, tmp_path / "file" / "a.wacz")


def test_what_hangs_on_an_article_is_found_as_in_the_collection(collection: Collection, tmp_path: Path) -> None:
    first = sealed(collection, tmp_path / "first.wacz", until=FIRST)
    second = sealed(collection, tmp_path / "second.wacz", requires=first)
    paths = ("/robots.txt", "/gibt-es-nicht.html", "/", "/cut-content-length?q=%C3%BC", "/nirgends")
    with Snapshot.open(second) as last, Snapshot.open(first) as before:
        chain = Chain((before, last))
        for run in collection.runs():
            found = [collection.companion(sample.BASE_URL + path, run.run) for path in paths]
            assert [chain.companion(sample.BASE_URL + path, run.run) for path in paths] == found
            assert [one is not None for one in found] == [True, False, True, False, False]


# --- one going on from another ---------------------------------------------------------------------------------------


@pytest.fixture
def two(collection: Collection, tmp_path: Path) -> tuple[Path, Path]:
    first = sealed(collection, tmp_path / "first.wacz", until=FIRST)
    return first, sealed(collection, tmp_path / "second.wacz", requires=first)


def test_it_repeats_nothing_and_is_read_with_what_it_requires(collection: Collection, two: tuple[Path, Path]) -> None:
    with Snapshot.open(two[0]) as first, Snapshot.open(two[1]) as second:
        assert not first.wacz.stretches.keys() & {warc.path for warc in second.manifest.warcs}
        assert (*first.manifest.runs, *second.manifest.runs) == tuple(run.run for run in collection.runs())
        (required,) = second.manifest.requires
        assert (required.filename, required.length_bytes) == ("first.wacz", two[0].stat().st_size)
        chain = Chain((*second.open_required(), second))
        for article in collection.articles():
            assert chain.read_capture(article.capture) == collection.read_capture(article.capture)
        for snapshot in chain.snapshots[:-1]:
            snapshot.close()
    for path in two:
        assert codes(path, deep=True, reproduce=True) == set()


def test_a_third_names_all_before_it(collection: Collection, tmp_path: Path) -> None:
    times = [run.ended_at for run in collection.runs()]
    paths = [sealed(collection, tmp_path / "0.wacz", until=times[0])]
    paths.append(sealed(collection, tmp_path / "1.wacz", until=times[1], requires=paths[0]))
    paths.append(sealed(collection, tmp_path / "2.wacz", requires=paths[1]))
    with Snapshot.open(paths[2]) as last:
        assert [required.filename for required in last.manifest.requires] == ["0.wacz", "1.wacz"]
        assert last.manifest.name == "tagesschau-20261122T114002Z-since-20261122T104002Z"

    assert codes(paths[2], reproduce=True) == set()


def test_what_it_requires_must_be_there_and_the_same(two: tuple[Path, Path], tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(two[0], elsewhere / two[0].name)
    assert codes(two[1]) == {"snapshot-required-missing"}
    assert codes(two[1], required_in=elsewhere) == set()

    PackedLab(elsewhere / two[0].name).flip(contents.ARTICLES, 40, with_crc=True)
    assert codes(two[1], required_in=elsewhere) == {"snapshot-required-differs"}


def test_it_goes_on_only_from_the_first_runs_of_its_collection(
    collection: Collection, two: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="is not sealed already"):
        create(collection, tmp_path / "a.wacz", requires=two[1])
    with Collection.create(tmp_path / "sportschau", "sportschau") as other, pytest.raises(UsageError, match="not of"):
        create(other, tmp_path / "a.wacz", requires=two[0])
    sample.build(tmp_path / "alike", cases=())
    with Collection.open(tmp_path / "alike") as other, pytest.raises(UsageError, match="does not have so"):
        create(other, tmp_path / "a.wacz", requires=two[0])


# --- comparing -------------------------------------------------------------------------------------------------------


def changes_between(*paths: Path) -> dict[str, str]:
    chains = []
    opened = []
    for path in paths:
        last = Snapshot.open(path)
        required = last.open_required()
        opened += [last, *required]
        chains.append(Chain((*required, last)))
    try:
        return {change.article_id: change.kind for change in diff(*chains)}
    finally:
        for snapshot in opened:
            snapshot.close()


def test_articles_are_added_and_revised(archive: Path, collection: Collection, two: tuple[Path, Path]) -> None:
    full = sealed(collection, two[0].with_name("full.wacz"))
    expected = {last.article_id: "revised" for last in collection.last_revisions() if last.revision == 2}
    expected |= {"steg-100": "added"}
    # The second crawl looked again, and one article was gone.
    sightings = [sighting for last in collection.last_revisions() for sighting in collection.sightings(last.article_id)]
    (gone,) = (sighting.article_id for sighting in sightings if sighting.is_removal)
    expected |= {gone: "removed"}

    assert changes_between(*two) == changes_between(two[0], full) == expected
    assert changes_between(two[1], full) == {}
    assert changes_between(full, two[0])["steg-100"] == "absent"
    shown = command(archive, "snapshot", "diff", two[0], two[1], "--json")
    rows = {row["article_id"]: row for row in map(json.loads, shown.output.splitlines())}
    (revised,) = (row for row in rows.values() if row["kind"] == "revised")
    assert (revised["before"], revised["after"], revised["changes"]["fields"]) == (1, 2, ["headline"])


def test_articles_go_and_come_back(collection: Collection, tmp_path: Path) -> None:
    before = sealed(collection, tmp_path / "before.wacz", until=FIRST)
    gone, back = (Path(shutil.copy(before, tmp_path / name)) for name in ("gone.wacz", "back.wacz"))
    with Snapshot.open(before) as snapshot:
        article = next(article for _, article in snapshot.articles())
    seen = {
        "url": article.url,
        "record_id": article.capture.record_id,
        "article_id": article.article_id,
        "revision": article.revision,
    }
    at = article.capture.captured_at
    removal = to_line({**seen, "captured_at": at + timedelta(hours=1), "reason": "http-410"})
    sighting = to_line({**seen, "captured_at": at + timedelta(hours=2), "reason": None})
    for path, lines in ((gone, removal), (back, removal + sighting)):
        PackedLab(path).reseal(lambda files, lines=lines: files.update({contents.SIGHTINGS: lines}))  # type: ignore[misc]

    assert changes_between(before, gone) == {article.article_id: "removed"}
    assert changes_between(gone, back) == {article.article_id: "returned"}
    assert changes_between(before, back) == changes_between(gone, gone) == {}


def test_articles_that_another_program_read_are_told(collection: Collection, tmp_path: Path) -> None:
    def reread(articles: list[Article]) -> list[Article]:
        told = replace(articles[-1], headline="Anders gelesen")
        return [*articles[:-1], replace(told, content_digest=content_digest(told))]

    before = sealed(collection, tmp_path / "before.wacz")
    after = Path(shutil.copy(before, tmp_path / "after.wacz"))
    PackedLab(after).articles(reread)

    assert list(changes_between(before, after).values()) == ["reread"]


# --- signature and time stamp ----------------------------------------------------------------------------------------


def test_signed_with_the_same_key_it_is_the_same_file(collection: Collection, tmp_path: Path) -> None:
    printed = create_key(tmp_path / "key.pem")
    (tmp_path / "public.pem").write_text(public_pem(printed))
    key = read_key(tmp_path / "key.pem")
    first, second = (sealed(collection, tmp_path / name, key=key) for name in ("1.wacz", "2.wacz"))

    assert first.read_bytes() == second.read_bytes()
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert printed == read_public_key(tmp_path / "public.pem") == read_public_key(tmp_path / "key.pem")
    assert codes(first, public_key=printed) == set()
    other = create_key(tmp_path / "other.pem")
    assert codes(first, public_key=other) == {"snapshot-signature-key"}


def test_a_key_is_never_written_over_and_must_be_one(tmp_path: Path) -> None:
    create_key(tmp_path / "key.pem")
    with pytest.raises(UsageError, match="never written over"):
        create_key(tmp_path / "key.pem")
    for name, options in (("rsa.pem", ("RSA",)), ("p256.pem", ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"))):
        _openssl("genpkey", "-quiet", "-algorithm", *options, "-out", tmp_path / name)
        with pytest.raises(UnreadableInput, match="P-384"):
            read_key(tmp_path / name)
    (tmp_path / "none.pem").write_text("Moin")
    with pytest.raises(UnreadableInput, match="no private key"):
        read_key(tmp_path / "none.pem")


def test_a_key_may_have_a_password(archive: Path, tmp_path: Path) -> None:
    create_key(tmp_path / "key.pem")
    _openssl(
        "pkcs8", "-topk8", "-in", tmp_path / "key.pem", "-out", tmp_path / "locked.pem", "-passout", "pass:Seeblick"
    )
    arguments = ("snapshot", "create", sample.SITE, "--sign", tmp_path / "locked.pem", "--output")
    refused = command(archive, *arguments, tmp_path / "a.wacz")
    made = command(archive, *arguments, tmp_path / "a.wacz", NEWSARCHIVE_KEY_PASSWORD="Seeblick")  # noqa: S106

    assert (refused.exit_code, made.exit_code) == (16, 0)
    assert codes(tmp_path / "a.wacz", public_key=read_public_key(tmp_path / "key.pem")) == set()


class _Authority(BaseHTTPRequestHandler):
    directory: Path
    answer_of: Path | None = None

    def do_POST(self) -> None:
        query, reply = self.directory / "query.tsq", self.directory / "reply.tsr"
        query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        _openssl("ts", "-reply", "-config", self.directory / "tsa.cnf", "-queryfile", query, "-out", reply)
        self.send_response(200)
        self.end_headers()
        self.wfile.write((self.answer_of or reply).read_bytes())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nobody reads a log of this."""


@contextmanager
def authority(directory: Path) -> Iterator[str]:
    """A time stamp authority on loopback, played by openssl; its certificate is ``ca.pem`` in ``directory``."""
    directory.mkdir()
    (directory / "serial").write_text("01\n")
    (directory / "tsa.cnf").write_text(
        f"""
[tsa]
default_tsa = config
[config]
serial = {directory}/serial
crypto_device = builtin
signer_cert = {directory}/tsa.pem
signer_key = {directory}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[stamping]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
    )
    request = ("req", "-config", directory / "tsa.cnf", "-newkey", "rsa:2048", "-nodes")
    _openssl(
        *request, "-x509", "-extensions", "ca", "-subj", "/CN=Seeblick CA", "-days", "3650",
        "-keyout", directory / "ca.key", "-out", directory / "ca.pem",
    )  # fmt: skip
    _openssl(*request, "-subj", "/CN=Seeblick TSA", "-keyout", directory / "tsa.key", "-out", directory / "tsa.csr")
    _openssl(
        "x509", "-req", "-in", directory / "tsa.csr", "-CA", directory / "ca.pem", "-CAkey", directory / "ca.key",
        "-CAcreateserial", "-days", "3650", "-extfile", directory / "tsa.cnf", "-extensions", "stamping",
        "-out", directory / "tsa.pem",
    )  # fmt: skip
    handler = type("Authority", (_Authority,), {"directory": directory})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(("openssl", *arguments), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_authority_vouches_for_the_time(archive: Path, collection: Collection, tmp_path: Path) -> None:
    path = sealed(collection, tmp_path / "a.wacz")
    other = sealed(collection, tmp_path / "b.wacz", until=FIRST)
    with authority(tmp_path / "tsa") as address:
        stamped = command(archive, "snapshot", "timestamp", path, "--authority", address)
        again = command(archive, "snapshot", "timestamp", path, "--authority", address)
    assert stamped.exit_code == 0, stamped.output
    assert (again.exit_code, "older time stamp" in again.stderr) == (2, True)

    certificate = tmp_path / "tsa" / "ca.pem"
    assert command(archive, "snapshot", "verify", path, "--tsa-certificate", certificate).exit_code == 0
    unchecked = command(archive, "snapshot", "verify", path, "--json")
    assert (unchecked.exit_code, json.loads(unchecked.stdout)["code"]) == (0, "snapshot-time-stamp-not-checked")
    # openssl, by the words of docs/snapshots.md.
    with Snapshot.open(path) as snapshot:
        (tmp_path / "digest.json").write_bytes(snapshot.wacz.read("datapackage-digest.json"))
    stamp = tmp_path / "a.wacz.tsr"
    _openssl("ts", "-verify", "-data", tmp_path / "digest.json", "-in", stamp, "-CAfile", certificate)

    shutil.copy(stamp, tmp_path / "b.wacz.tsr")
    wrong = command(archive, "snapshot", "verify", other, "--tsa-certificate", certificate, "--json")
    assert (wrong.exit_code, json.loads(wrong.stdout)["code"]) == (3, "snapshot-time-stamp")
    stamp.write_bytes(b"no stamp")
    damaged = command(archive, "snapshot", "verify", path, "--tsa-certificate", certificate, "--json")
    assert (damaged.exit_code, json.loads(damaged.stdout)["code"]) == (3, "snapshot-time-stamp")


def test_an_authority_that_nobody_trusts_or_that_stamps_something_else_counts_for_nothing(
    collection: Collection, tmp_path: Path
) -> None:
    path = sealed(collection, tmp_path / "a.wacz")
    with authority(tmp_path / "tsa") as address:
        ask(path, address)
        older = shutil.move(tmp_path / "a.wacz.tsr", tmp_path / "old.tsr")
        replaying = type("Replaying", (_Authority,), {"directory": tmp_path / "tsa", "answer_of": Path(older)})
        with ThreadingHTTPServer(("127.0.0.1", 0), replaying) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            with pytest.raises(NewsarchiveError, match="something else"):
                ask(path, f"http://127.0.0.1:{server.server_address[1]}/")
            server.shutdown()
            thread.join()
    with pytest.raises(NewsarchiveError, match="gave no time stamp"):
        ask(path, address)
    with pytest.raises(UsageError, match="web address"):
        ask(path, "file:///etc/passwd")
    assert not (tmp_path / "a.wacz.tsr").exists()
    with authority(tmp_path / "other") as _:
        pass
    stranger = command(
        tmp_path, "snapshot", "verify", path, "--tsa-certificate", tmp_path / "other" / "ca.pem", "--json"
    )
    assert (stranger.exit_code, "no time stamp" in stranger.stderr) == (2, True)
    shutil.move(older, tmp_path / "a.wacz.tsr")
    stranger = command(
        tmp_path, "snapshot", "verify", path, "--tsa-certificate", tmp_path / "other" / "ca.pem", "--json"
    )
    assert json.loads(stranger.stdout)["code"] == "snapshot-time-stamp"


# --- bags ------------------------------------------------------------------------------------------------------------


def test_a_bag_holds_it_with_what_it_goes_on_from_and_is_the_same_bytes(
    archive: Path, two: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "first.wacz.tsr").write_bytes(b"a stamp")
    made = command(archive, "snapshot", "bag", two[1], tmp_path / "bag")
    with time_machine.travel("2041-02-03T04:05:06+00:00"):
        again = command(archive, "snapshot", "bag", two[1], tmp_path / "again")
    refused = command(archive, "snapshot", "bag", two[1], tmp_path / "bag")

    assert (made.exit_code, again.exit_code, refused.exit_code) == (0, 0, 2), made.output
    assert bagit.Bag(str(tmp_path / "bag")).is_valid()
    files = {path.relative_to(tmp_path / "bag"): path.read_bytes() for path in (tmp_path / "bag").rglob("*.*")}
    assert {path.name for path in files if path.parent.name == "data"} == {
        "first.wacz",
        "first.wacz.tsr",
        "second.wacz",
        "ro-crate-metadata.json",
    }
    assert files == {
        path.relative_to(tmp_path / "again"): path.read_bytes() for path in (tmp_path / "again").rglob("*.*")
    }
    crate = ROCrate(tmp_path / "bag" / "data")
    assert {entity.id: entity["encodingFormat"] for entity in crate.data_entities} == {
        "first.wacz": "application/wacz+zip",
        "first.wacz.tsr": "application/timestamp-reply",
        "second.wacz": "application/wacz+zip",
    }
    assert codes(tmp_path / "bag" / "data" / "second.wacz", reproduce=True) == set()


# --- verifying and reproducing ---------------------------------------------------------------------------------------


def test_what_another_version_read_is_counted_and_not_judged(collection: Collection, tmp_path: Path) -> None:
    path = sealed(collection, tmp_path / "a.wacz")
    PackedLab(path).articles(
        lambda articles: [
            replace(article, extractor=replace(article.extractor, newsarchive="0.0.1")) for article in articles
        ]
    )

    assert codes(path) == set()
    assert codes(path, reproduce=True) == {"snapshot-article-other-version"}


def test_a_site_that_this_version_does_not_know_is_verified_and_not_reproduced(tmp_path: Path) -> None:
    with crawling(tmp_path / "seeblick") as writer:
        keep_capture(writer, exchange("/"))
    with Collection.open(tmp_path / "seeblick") as collection:
        path = sealed(collection, tmp_path / "a.wacz")

    assert codes(path) == set()
    assert codes(path, reproduce=True) == {"snapshot-article-not-read"}


def test_the_command_ends_with_what_it_found(archive: Path, collection: Collection, tmp_path: Path) -> None:
    path = sealed(collection, tmp_path / "a.wacz")
    sound = command(archive, "snapshot", "verify", path, "--reproduce", "--deep")
    assert (sound.exit_code, sound.stdout) == (0, f"{path}: nothing wrong\n")

    PackedLab(path).flip(contents.ARTICLES, 40)
    damaged = command(archive, "snapshot", "verify", path)
    assert damaged.exit_code == 3
    assert f"error snapshot-zip-crc: {contents.ARTICLES}" in damaged.stdout
    assert command(archive, "snapshot", "verify", tmp_path / "none.wacz").exit_code == 16
    assert command(archive, "snapshot", "create", sample.SITE, "--output", tmp_path / "a.zip").exit_code == 2
    assert command(archive, "snapshot", "create", sample.SITE, "--until", "gestern").exit_code == 2
    assert command(archive, "snapshot", "diff", path, tmp_path / "none.wacz").exit_code == 16
