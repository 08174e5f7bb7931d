"""No I/O. Every metric that there is: a new one is a line here, and one in docs/metrics.md.

Labels take few values, each from a table of ours; what comes from outside is never one. The names follow
https://prometheus.io/docs/practices/naming/: base units, and a counter's name gets its `_total`. No label is
called `job` or `instance`: Prometheus gives these to what it scrapes, and would rename ours.

A counter whose labels take `values` known before is shown from the first scrape on, at zero: what first
appears at one would be no increase to Prometheus.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PREFIX = "altpress_"
EVENTS = (
    "check_run", "check_suite", "create", "delete", "installation", "installation_repositories",
    "issue_comment", "ping", "pull_request", "push", "ready", "release", "repository", "other",
)  # fmt: skip
RECEIVED = ("stored", "known", "ignored", "pinged", "unsigned", "invalid", "unavailable", "crashed")
TOLD = ("stored", "known", "unauthorized", "forbidden", "invalid", "throttled", "unavailable", "crashed")
WORK = (
    "ingest", "scan", "look", "ready", "publish", "proposal", "catalog-pull", "catalog-checks", "command",
    "live", "rebuild", "reread", "report", "due", "sync", "sweep", "backup", "catch-up",
)  # fmt: skip
ENDS = ("done", "later", "refused", "gave_up", "crashed", "killed", "handed_back")
MINUTES = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0)  # seconds


@dataclass(frozen=True)
class Metric:
    """One family of numbers."""

    name: str  # without `altpress_`
    kind: Literal["counter", "histogram", "gauge"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()  # upper bounds in seconds, ascending; one more holds all that is longer
    values: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, hash=False
    )  # of the labels, where few

    @property
    def full_name(self) -> str:
        """As Prometheus shows it."""
        return f"{PREFIX}{self.name}{'_total' if self.kind == 'counter' else ''}"


# ---- added up in Redis

DELIVERIES = Metric(
    "deliveries", "counter", "Webhook deliveries that came in.", ("event", "outcome"),
    values={"event": EVENTS, "outcome": RECEIVED},
)  # fmt: skip
READY = Metric(
    "ready", "counter", "What CI jobs told of their releases (POST /hooks/ready).", ("outcome",),
    values={"outcome": TOLD},
)  # fmt: skip
HTTP_REQUESTS = Metric("http_requests", "counter", "Requests answered.", ("method", "route", "status"))
HTTP_SECONDS = Metric(
    "http_request_seconds",
    "histogram",
    "Time to answer a request.",
    ("method", "route"),
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
JOBS = Metric(
    "jobs", "counter", "Executions of jobs.", ("name", "outcome"), values={"name": WORK, "outcome": ENDS}
)
JOB_SECONDS = Metric(
    "job_seconds",
    "histogram",
    "Time of one execution of a job.",
    ("name",),
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900),
)
INGEST_SECONDS = Metric(
    "ingest_seconds", "histogram", "Time to read one file of a release.", ("outcome",),
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900),
    values={"outcome": ("read", "refused", "failed")},
)  # fmt: skip
INGEST_BYTES = Metric(
    "ingest_bytes", "counter", "Bytes of release files: their size, and what was transferred of it.",
    ("kind",), values={"kind": ("size", "transferred")},
)  # fmt: skip
PUBLICATIONS = Metric("publications", "counter", "Commits to a site.", ("site",))
BYTES_CHANGED = Metric(
    "bytes_changed", "counter", "Published versions that came with other bytes.", ("rule",),
    values={"rule": ("follow", "refuse")},
)  # fmt: skip
SOURCE_SECONDS = Metric(
    "source_build_seconds",
    "histogram",
    "Time to build, check and compare a site's outputs.",
    (),
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
LIVE_SECONDS = Metric(
    "publication_live_seconds", "histogram", "Time from a commit until its bytes are at the public address.",
    (), MINUTES,
)  # fmt: skip
RELEASE_COMMIT_SECONDS = Metric(
    "release_commit_seconds", "histogram", "Time from a release's webhook until the commit that tells of it.",
    (), MINUTES,
)  # fmt: skip
RELEASE_LIVE_SECONDS = Metric(
    "release_live_seconds", "histogram", "Time from a release's first webhook until everybody can get it.",
    (), MINUTES,
)  # fmt: skip
LIVENESS = Metric(
    "publications_checked", "counter", "Publications looked for at their public address.", ("outcome",),
    values={"outcome": ("live", "superseded", "not_live")},
)  # fmt: skip
ASKED_AGAIN = Metric(
    "deliveries_asked_again", "counter", "Failed deliveries that GitHub was asked to send again.",
    ("outcome",),
    values={"outcome": ("asked", "lost")},
)  # fmt: skip
GITHUB_REQUESTS = Metric(
    "github_requests", "counter", "Requests sent to GitHub.", ("kind",),
    values={"kind": ("api", "not_modified", "token", "asset")},
)  # fmt: skip
GITHUB_FAILURES = Metric(
    "github_failures", "counter", "Requests to GitHub's API that came to nothing.", ("reason",),
    values={"reason": ("unavailable", "limited", "unauthorized", "forbidden")},
)  # fmt: skip
GITHUB_WRITES = Metric(
    "github_content_writes", "counter", "Writes that GitHub's limits of content count.", ("installation",)
)
WRITES_WAITS = Metric("writes_waits", "counter", "Publishes put off for want of writes.", ("site",))
BACKUPS = Metric(
    "backups", "counter", "Backups that the schedule asked for.", ("outcome",),
    values={"outcome": ("done", "failed")},
)  # fmt: skip

# ---- the newest value, in Redis

GITHUB_REMAINING = Metric(
    "github_budget_remaining",
    "gauge",
    "Requests that GitHub still allows in this window.",
    ("resource", "installation"),
)
GITHUB_LIMIT = Metric(
    "github_budget_limit", "gauge", "Requests that GitHub allows in a window.", ("resource", "installation")
)

TOKEN_ENDS = Metric(
    "github_token_expiry_timestamp_seconds", "gauge", "When the token ends, as GitHub said last (Unix time)."
)
CERTIFICATE_ENDS = Metric(
    "certificate_expiry_timestamp_seconds", "gauge",
    "When the certificate at the public address ends (Unix time).", ("host",),
)  # fmt: skip
SWEPT = Metric(
    "sweep_last_success_timestamp_seconds", "gauge", "When the last sweep got to its end (Unix time)."
)
PROCESS_MEMORY = Metric(
    "process_resident_memory_bytes", "gauge", "Memory of a process of altpress.", ("process", "name")
)
PROCESS_OPEN = Metric("process_open_fds", "gauge", "Files that the process holds open.", ("process", "name"))
PROCESS_MOST = Metric(
    "process_max_fds", "gauge", "Files that the process may hold open.", ("process", "name")
)
PROCESS_START = Metric(
    "process_start_time_seconds", "gauge", "When the process started (Unix time).", ("process", "name")
)

# ---- looked at when somebody asks

BUILD_INFO = Metric("build_info", "gauge", "Always 1; what runs here.", ("version", "python"))
DEPENDENCY_UP = Metric("dependency_up", "gauge", "1 while this part answers.", ("dependency",))
DEPENDENCY_SECONDS = Metric(
    "dependency_latency_seconds", "gauge", "How long this part took to answer.", ("dependency",)
)
SCRAPE_OK = Metric("scrape_part_ok", "gauge", "1 while this part of a scrape can be told.", ("part",))
SWEEP_INTERVAL = Metric("sweep_interval_seconds", "gauge", "ALTPRESS_SWEEP_INTERVAL.")
MIGRATIONS = Metric("migrations_pending", "gauge", "Migrations of the database that are to be applied.")
BACKUP_AGE = Metric("backup_age_seconds", "gauge", "How long ago the last good backup was made.")
BACKUP_INTERVAL = Metric(
    "backup_interval_seconds", "gauge", "ALTPRESS_BACKUP_INTERVAL, where backups are made."
)
QUEUE_JOBS = Metric("queue_jobs", "gauge", "Jobs in the queue.", ("state",))
QUEUE_AGE = Metric("queue_oldest_age_seconds", "gauge", "How long the oldest queued job has waited.")
WORKERS = Metric("workers", "gauge", "Workers seen in the last minute.")
LEDGER = Metric("ledger_deliveries", "gauge", "Deliveries in the ledger.", ("state",))
LEDGER_AGE = Metric("ledger_oldest_pending_age_seconds", "gauge", "How long the oldest has not been routed.")
WRITES_LEFT = Metric(
    "github_content_writes_left", "gauge", "Content writes that may be made at once.", ("installation",)
)
SITES = Metric("sites", "gauge", "Sites that are served.")
SITES_BEHIND = Metric("sites_behind", "gauge", "Sites with something to publish.")
SITE_BEHIND = Metric("site_behind", "gauge", "1 while the site has something to publish.", ("site",))
SITE_SUCCESS = Metric(
    "site_last_success_timestamp_seconds", "gauge",
    "When the site was published last, or looked at with nothing to publish (Unix time).", ("site",),
)  # fmt: skip
HEARD_AGE = Metric(
    "site_last_delivery_age_seconds", "gauge", "How long ago a webhook of the site's came in.", ("site",)
)
UNANNOUNCED = Metric(
    "site_unannounced_releases", "gauge", "Releases found without a webhook since the last one.", ("site",)
)

ADDED_UP = (
    DELIVERIES, READY, HTTP_REQUESTS, HTTP_SECONDS, JOBS, JOB_SECONDS, INGEST_SECONDS, INGEST_BYTES,
    PUBLICATIONS, BYTES_CHANGED, SOURCE_SECONDS, GITHUB_REQUESTS, GITHUB_FAILURES, GITHUB_WRITES,
    WRITES_WAITS, LIVE_SECONDS, RELEASE_COMMIT_SECONDS, RELEASE_LIVE_SECONDS, LIVENESS, ASKED_AGAIN,
    BACKUPS,
)  # fmt: skip
NEWEST = (TOKEN_ENDS, CERTIFICATE_ENDS, SWEPT)
PROCESSES = (PROCESS_MEMORY, PROCESS_OPEN, PROCESS_MOST, PROCESS_START)
METRICS = (
    *ADDED_UP, GITHUB_REMAINING, GITHUB_LIMIT, *NEWEST, *PROCESSES,
    BUILD_INFO, DEPENDENCY_UP, DEPENDENCY_SECONDS, SCRAPE_OK, SWEEP_INTERVAL,
    MIGRATIONS, BACKUP_AGE, BACKUP_INTERVAL,
    QUEUE_JOBS, QUEUE_AGE, WORKERS, WRITES_LEFT, LEDGER, LEDGER_AGE,
    SITES, SITES_BEHIND, SITE_BEHIND, SITE_SUCCESS, HEARD_AGE, UNANNOUNCED,
)  # fmt: skip
