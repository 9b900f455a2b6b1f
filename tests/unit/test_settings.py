"""Settings: what may stand in the file, what is refused and how that is said, and which of four places wins."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsarchive.cli import main
from newsarchive.config.durations import format_duration, parse_duration
from newsarchive.config.settings import Settings, load_settings
from newsarchive.config.sites import check_sites, configured_site
from newsarchive.errors import UsageError

EVERYTHING = """
archive = "data"
contact = "you@example.org"
metrics = "metrics"
log_format = "json"

[crawl]
delay_s = 2
limit = 500
with_images = true
follow_links = true

[schedule]
sites = ["tagesschau"]
every = "15m"
jitter = "1m"
max_runtime = "3h"
grace = "30s"

[schedule.backfill]
since = 2020-01-01
until = 2020-12-31
days = 2
every = "1h30m"

[sites.tagesschau]
base_url = "http://127.0.0.1:8000"

[sites.tagesschau.ladder]
rungs = [["1h", "5m"], ["30d", "1d"]]
after_removal = ["1d", "30d"]
after_miss = ["10m"]
last_look_before = "3d"
look_after = "1d"
spread = 0.1

[sites.tagesschau.expect]
extracted_share = 0.9
fields = { stand = 0.5 }
silent = ["feed"]
"""


def load(directory: Path, text: str, **environment: str) -> Settings:
    (directory / "newsarchive.toml").write_text(text, encoding="utf-8")
    return load_settings(None, environment=environment, directory=directory)


def run(directory: Path, *arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["--config", str(directory / "newsarchive.toml"), *arguments], env=env)


# --- durations ---


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("10m", 600), ("1h30m", 5400), ("7d", 604_800), ("2w", 1_209_600), ("1d1s", 86_401)],
)
def test_a_duration_is_read_and_printed(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)
    assert parse_duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "10", "m", "10 m", "-1m", "1.5h", "30m1h", "1h1h", "1y", "10m ", "1٣m", "9" * 20 + "w"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no duration|longer than"):
        parse_duration(text)


# --- the file ---


def test_everything_that_may_stand_in_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, EVERYTHING)
    check_sites(settings)
    site = configured_site(settings, "tagesschau")

    assert settings.held("crawl.delay_s").value == 2.0
    assert settings.table.schedule.backfill is not None
    assert settings.table.schedule.backfill.every == timedelta(minutes=90)
    assert site.recrawl.rungs == ((timedelta(hours=1), timedelta(minutes=5)), (timedelta(days=30), timedelta(days=1)))
    assert site.recrawl.last_look_before == timedelta(days=3)
    assert site.recrawl.spread == 0.1
    assert site.expect.extracted_share == 0.9
    assert site.expect.fields["stand"] == 0.5
    assert site.expect.fields["headline"] == 0.98, "what is not given stays as the site has it"
    assert site.expect.silent == {"feed"}


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    settings = load(tmp_path, "")

    assert {held.origin for held in settings.all()} == {"default"}
    assert configured_site(settings, "tagesschau") == configured_site(
        load_settings(None, environment={}, directory=tmp_path / "x"), "tagesschau"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contakt = 'me'", "there is no setting contakt; allowed here: archive, contact, metrics, log_format, crawl,"),
        (
            "[crawl]\ndelay = 1",
            "there is no setting crawl.delay; allowed here: delay_s, limit, with_images, follow_links",
        ),
        ("[crawl]\nuser_agent = 'x'", "there is no setting crawl.user_agent"),
        ("[crawl]\ndelay_s = '1'", "crawl.delay_s: expected a number, got text in quotes"),
        ("[crawl]\ndelay_s = -1", "crawl.delay_s: expected a number >= 0.0"),
        ("[crawl]\nlimit = 0", "crawl.limit: expected a whole number >= 1"),
        ("[crawl]\nwith_images = 'yes'", "crawl.with_images: expected true or false, got text in quotes"),
        ("crawl = 3", "crawl: expected a table, got a whole number"),
        ("log_format = 'xml'", "log_format: there is no 'xml'; allowed: plain, json"),
        ("[schedule]\nevery = 10", "schedule.every: expected a duration in quotes such as 30s"),
        ("[schedule]\nevery = '10'", "schedule.every: '10' is no duration such as 30s, 10m"),
        ("[schedule]\nevery = '0m'", "schedule.every: a duration must be longer than nothing"),
        ("[schedule]\nsites = 'tagesschau'", "schedule.sites: expected a list, got text in quotes"),
        ("[schedule.backfill]\ndays = 1", "schedule.backfill.since must be given"),
        ("[schedule.backfill]\nsince = '2020-01-01x'", "schedule.backfill.since"),
        (
            "[schedule.backfill]\nsince = 2026-02-01\nuntil = 2026-01-01",
            "schedule.backfill: until 2026-01-01 lies before since 2026-02-01",
        ),
        (
            "[schedule.backfill]\nsince = 2020-01-01\ndais = 3",
            "there is no setting schedule.backfill.dais; allowed here: since, until, days, every",
        ),
        (
            "[sites.tagesschau]\nurl = 'x'",
            "there is no setting sites.tagesschau.url; allowed here: base_url, ladder, expect",
        ),
        (
            "[sites.tagesschau]\nbase_url = 'tagesschau.de'",
            "sites.tagesschau.base_url: expected a web address, with https:// or http://",
        ),
        ("[sites.tagesschau.ladder]\nrungs = []", "sites.tagesschau.ladder.rungs: expected a list that is not empty"),
        (
            "[sites.tagesschau.ladder]\nrung = []",
            "there is no setting sites.tagesschau.ladder.rung; allowed here: rungs, after_removal",
        ),
        ("sites = ['tagesschau']", "sites: expected a table, got a list"),
        ("sites.tagesschau = 1", "sites.tagesschau: expected a table, got a whole number"),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        load(tmp_path, text)

    assert str(refused.value).startswith(f"{tmp_path / 'newsarchive.toml'}: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sites.tagesshau]", "sites.tagesshau: there is no site called tagesshau; allowed: "),
        ("[schedule]\nsites = ['nowhere']", "schedule.sites: there is no site called nowhere; allowed: "),
        (
            "[sites.tagesschau.expect]\nstand = 1",
            "there is no setting sites.tagesschau.expect.stand; allowed here: extracted_share,",
        ),
        (
            "[sites.tagesschau.expect]\nextracted_share = 'all'",
            "sites.tagesschau.expect.extracted_share: expected a number",
        ),
        (
            "[sites.tagesschau.expect]\nextracted_share = 98",
            "sites.tagesschau.expect.extracted_share: a share is from 0 to 1, not 98",
        ),
        (
            "[sites.tagesschau.expect]\nfields = { text = 2 }",
            "sites.tagesschau.expect.fields.text: a share is from 0 to 1",
        ),
        (
            "[sites.tagesschau.expect]\nfields = { hedline = 0.5 }",
            "sites.tagesschau.expect.fields: there is no hedline; allowed here: ",
        ),
        (
            "[sites.tagesschau.expect]\nsilent = ['fed']",
            "sites.tagesschau.expect.silent: there is no fed; allowed here: ",
        ),
        (
            "[sites.tagesschau.ladder]\nrungs = [['6h', '1m'], ['1h', '1m']]",
            "sites.tagesschau.ladder: the ages of the rungs must be above zero and rise",
        ),
    ],
)
def test_what_the_sites_do_not_know_is_named_too(tmp_path: Path, text: str, said: str) -> None:
    settings = load(tmp_path, text)

    with pytest.raises(UsageError) as refused:
        check_sites(settings)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("NEWSARCHIVE_CONTACT", "me", "NEWSARCHIVE_CONTACT: contact: 'me' is no web or e-mail address"),
        ("NEWSARCHIVE_CONTACT", "me@example.org\r\nX-Y: z", "NEWSARCHIVE_CONTACT: contact: "),
        ("NEWSARCHIVE_LOG_FORMAT", "xml", "NEWSARCHIVE_LOG_FORMAT: there are no xml lines; allowed: plain, json"),
    ],
)
def test_what_the_environment_says_is_held_to_the_same(tmp_path: Path, variable: str, value: str, said: str) -> None:
    settings = load(tmp_path, "", **{variable: value})

    with pytest.raises(UsageError) as refused:
        settings.check_values()
    assert str(refused.value).startswith(said)


def test_what_is_no_toml_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"newsarchive\.toml is no TOML file: .*line 1"):
        load(tmp_path, "archive = = 1")


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no settings file .*missing\.toml"):
        load_settings(tmp_path / "missing.toml", environment={}, directory=tmp_path)
    with pytest.raises(UsageError, match=r"no settings file .*missing\.toml"):
        load_settings(None, environment={"NEWSARCHIVE_CONFIG": str(tmp_path / "missing.toml")}, directory=tmp_path)


def test_the_option_names_the_file_before_the_variable_and_that_before_the_directory(tmp_path: Path) -> None:
    for name in ("newsarchive.toml", "variable.toml", "option.toml"):
        (tmp_path / name).write_text(f"contact = '{name}'")
    variable = {"NEWSARCHIVE_CONFIG": str(tmp_path / "variable.toml")}

    found = [
        load_settings(file, environment=environment, directory=tmp_path).held("contact").value
        for file, environment in ((None, {}), (None, variable), (tmp_path / "option.toml", variable))
    ]

    assert found == ["newsarchive.toml", "variable.toml", "option.toml"]


# --- what wins ---


def test_the_environment_is_before_the_file_and_that_before_the_default(tmp_path: Path) -> None:
    settings = load(tmp_path, "contact = 'file'\nlog_format = 'json'", NEWSARCHIVE_CONTACT="variable")

    assert [(held.value, held.origin) for held in map(settings.held, ("contact", "log_format", "crawl.delay_s"))] == [
        ("variable", "NEWSARCHIVE_CONTACT"),
        ("json", str(tmp_path / "newsarchive.toml")),
        (1.0, "default"),
    ]


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, "contact = 'file'", NEWSARCHIVE_CONTACT="").held("contact").value == "file"


def test_paths_in_the_file_are_relative_to_it(tmp_path: Path) -> None:
    settings = load(tmp_path, "archive = 'data'\nmetrics = '/var/metrics'")

    assert settings.held("archive").value == str(tmp_path / "data")
    assert settings.held("metrics").value == "/var/metrics"


def test_an_option_is_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text("archive = 'of-the-file'")
    said = [
        run(tmp_path, "articles", "list", *options, env=env).stderr
        for options, env in (
            ((), None),
            ((), {"NEWSARCHIVE_ARCHIVE": "of-the-variable"}),
            (("--archive", "of-the-option"), {"NEWSARCHIVE_ARCHIVE": "of-the-variable"}),
        )
    ]

    assert said == [
        f"newsarchive: no collections in {place}\n"
        for place in (tmp_path / "of-the-file", "of-the-variable", "of-the-option")
    ]


# --- newsarchive config ---


def test_config_show_says_what_holds_and_where_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text(EVERYTHING)
    result = run(tmp_path, "config", "show", "--json", env={"NEWSARCHIVE_CONTACT": "me@example.org"})
    shown = {row["setting"]: (row["value"], row["origin"]) for row in map(json.loads, result.stdout.splitlines())}

    file = str(tmp_path / "newsarchive.toml")
    assert result.exit_code == 0
    assert shown["contact"] == ("me@example.org", "NEWSARCHIVE_CONTACT")
    assert shown["crawl.delay_s"] == (2.0, file)
    assert shown["schedule.every"] == ("15m", file)
    assert shown["schedule.backfill.since"] == ("2020-01-01", file)
    assert shown["sites.tagesschau.base_url"] == ("http://127.0.0.1:8000", file)
    assert shown["sites.tagesschau.ladder.rungs"] == ([["1h", "5m"], ["30d", "1d"]], file)
    assert shown["sites.tagesschau.expect.extracted_share"] == (0.9, file)


def test_config_show_has_every_setting_without_a_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["config", "show"], env={"NEWSARCHIVE_CONTACT": ""})
    rows = [line.split("\t") for line in result.stdout.splitlines()]

    assert ["schedule.every", "10m", "default"] in rows
    assert ["archive", "archive", "default"] in rows


def test_config_check_says_that_nothing_is_wrong_or_what_is(tmp_path: Path) -> None:
    file = tmp_path / "newsarchive.toml"
    file.write_text(EVERYTHING)
    good = run(tmp_path, "config", "check")
    file.write_text("[sites.nowhere]")
    bad = run(tmp_path, "config", "check")

    assert (good.exit_code, good.stdout) == (0, f"{file}: nothing wrong.\n")
    assert bad.exit_code == 2
    assert bad.stderr.startswith(f"newsarchive: {file}: sites.nowhere: there is no site called nowhere")


def test_wrong_settings_end_any_command_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text("archiv = 'x'")
    result = run(tmp_path, "articles", "list")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"newsarchive: {tmp_path / 'newsarchive.toml'}: there is no setting archiv;")
    assert result.stderr.count("\n") == 1


def test_the_help_needs_no_settings(tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text("archiv = 'x'")

    assert run(tmp_path, "crawl", "--help").exit_code == 0


@pytest.mark.parametrize("text", ["36526d", "999999999d", "99999999999999999999w"])
def test_no_duration_leads_out_of_the_calendar(text: str) -> None:
    assert parse_duration("36525d").days == 36_525
    with pytest.raises(ValueError, match="longer than a hundred years"):
        parse_duration(text)
