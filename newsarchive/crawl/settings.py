"""Scrapy settings of the project: each one we change, with its reason. The rest is Scrapy's default.

Settings of our own begin with ``NEWSARCHIVE_``.
"""

from __future__ import annotations

from typing import Any

from newsarchive import __version__

BOT_NAME = "newsarchive"
SPIDER_MODULES = ["newsarchive.crawl.spiders"]

# --- What the crawl is for: archive, extract, keep ---

DOWNLOAD_HANDLERS = {
    "http": "newsarchive.crawl.patience.PatientDownloadHandler",
    "https": "newsarchive.crawl.patience.PatientDownloadHandler",
    # Nothing else can be archived, so nothing else can be fetched.
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
EXTENSIONS: dict[str, int | None] = {
    "newsarchive.crawl.archiver.Archiver": 10,
    "newsarchive.crawl.workers.Workers": 20,
    "newsarchive.crawl.companions.Companions": 30,
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
}
ITEM_PIPELINES = {
    "newsarchive.crawl.pipelines.ExtractArticle": 100,
    "newsarchive.crawl.pipelines.AttachCompanions": 150,
    "newsarchive.crawl.pipelines.TrackRevision": 200,
    "newsarchive.crawl.pipelines.WriteArticle": 300,
    "newsarchive.crawl.pipelines.ArchivePictures": 400,
}
DOWNLOADER_MIDDLEWARES: dict[str, int | None] = {
    # A robots.txt that cannot be had allows nothing, and retries wait: both otherwise than in Scrapy.
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "newsarchive.crawl.robots.Robots": 100,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "newsarchive.crawl.patience.Patience": 550,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "newsarchive.crawl.decompress.DecompressForScrapy": 590,
}
# A response from a cache is no exchange, so it has no bytes to archive.
HTTPCACHE_ENABLED = False

# --- Courtesy ---

ROBOTSTXT_OBEY = True
# One request a second, one at a time: what a reader who opens page after page would cause. It is the least: the delay
# grows with what the server takes to answer, and with Crawl-delay, and is never shortened by chance.
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0.0
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.0
AUTOTHROTTLE_MAX_DELAY = 60.0
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# A crawl is one site. More than it can ask at once would only wait in the downloader, past the newest-first order,
# and hold up the end after Ctrl-C.
CONCURRENT_REQUESTS = 1
# Whoever runs the site must be able to see who asks and whom to write to; NewsSpider adds the contact.
USER_AGENT = f"newsarchive/{__version__}"
# Five hops are more than any news site needs; a loop ends sooner. The spider follows redirects of its own pages by
# the same limit, so this is for robots.txt.
REDIRECT_MAX_TIMES = 5
# A redirect inside a page is part of the page: it is archived, not followed.
METAREFRESH_ENABLED = False
# Two more tries for what may pass: 5xx, 408, 429, a cut connection. Each try is archived.
RETRY_TIMES = 2
# Seconds before the first of them, doubled before the second; and the longest that a server may ask to wait for.
NEWSARCHIVE_FIRST_PAUSE_S = 1.0
NEWSARCHIVE_LONGEST_PAUSE_S = 600.0

# --- What the server gets to see, and so what is in the archive ---

DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "de,en;q=0.5",
    # The one coding that every reader of WARC files can undo.
    "Accept-Encoding": "gzip",
}
# Cookies make pages personal; and with them on, Scrapy asks publicsuffix.org for its list at the start.
COOKIES_ENABLED = False
# What is archived must not depend on the way it was found.
REFERRER_POLICY = "scrapy.spidermiddlewares.referer.NoReferrerPolicy"
# The bytes recorded should be those of the site, not the dialogue with a proxy from somebody's environment.
HTTPPROXY_ENABLED = False
# An archive that cannot tell the site from an impostor proves nothing.
DOWNLOAD_VERIFY_CERTIFICATES = True

# --- Bounds: no page can stop the crawl or fill the memory ---

DOWNLOAD_TIMEOUT = 60
# The largest news page seen has 3 MB.
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# A cut answer is archived as what it is, and then tried again; it never reaches extraction as if it were whole.
DOWNLOAD_FAIL_ON_DATALOSS = True
DNS_TIMEOUT = 20

# --- The engine ---

# Requests of one priority go out in the order they were found: newest first. Scrapy's default is last in, first out.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
# The spider tells articles apart by their address; a second filter would drop requests without a word.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
# Scrapy starts so many tasks for the items of each response, and a page yields one item.
CONCURRENT_ITEMS = 1
# Doors into the running process that nobody asked for.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# Writing and extraction are awaited as asyncio futures.
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

# --- The log ---

LOG_LEVEL = "INFO"
STATS_DUMP = False  # the record of the run has the counts that matter
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# --- Our own ---

# Directory of the collections, relative to where the crawl is started.
NEWSARCHIVE_ARCHIVE_DIR = "archive"
# Who is responsible for the crawl: a web address or e-mail address, sent with every request. Nothing but loopback is
# crawled without it.
NEWSARCHIVE_CONTACT = ""
# How lines of the log look: "plain", as LOG_FORMAT says, or "json", one object a line.
NEWSARCHIVE_LOG_LINES = "plain"
# Processes that read pages. 0: one less than there are processors, at least one.
NEWSARCHIVE_WORKERS = 0
# Seconds and bytes of address space that reading one page may take; the slowest real page needs half a second.
NEWSARCHIVE_PAGE_TIMEOUT_S = 30.0
NEWSARCHIVE_PAGE_MEMORY_BYTES = 2 * 1024**3
# What tells the time, waits and rolls dice: for tests and simulations.
NEWSARCHIVE_NOW = "newsarchive.collection.collection.utc_now"
NEWSARCHIVE_SLEEP = "asyncio.sleep"
NEWSARCHIVE_RANDOM = "random.random"


def user_agent(contact: str) -> str:
    """The User-Agent header: ``newsarchive/1.2.3 (+contact)``."""
    return f"{USER_AGENT} (+{contact})" if contact else USER_AGENT


def crawl_settings(**changes: Any) -> dict[str, Any]:
    """These settings as a dictionary for a crawl that is started by our own code, with ``changes``."""
    return {name: value for name, value in globals().items() if name.isupper()} | changes
