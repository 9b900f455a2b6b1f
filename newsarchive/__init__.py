"""Scraper and archiver for news sites: wire-true WARC, tracked revisions, clean articles."""

__version__ = "0.1.0"
