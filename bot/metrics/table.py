"""No I/O. Every metric that there is: a new one is a line here, and one in docs/metrics.md.

Labels take few values, each from a table of ours; what comes from outside is never one. The names follow
https://prometheus.io/docs/practices/naming/: base units, and a counter's name gets its `_total`.
"""

from dataclasses import dataclass
from typing import Literal

PREFIX = "altpress_"
MINUTES = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0)  # seconds


@dataclass(frozen=True)
class Metric:
    """One family of numbers."""

    name: str  # without `altpress_`
    kind: Literal["counter", "histogram", "gauge"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()  # upper bounds in seconds, ascending; one more holds all that is longer

    @property
    def full_name(self) -> str:
        """As Prometheus shows it."""
        return f"{PREFIX}{self.name}{'_total' if self.kind == 'counter' else ''}"


# ---- added up in Redis

DELIVERIES = Metric("deliveries", "counter", "Webhook deliveries that came in.", ("event", "outcome"))
READY = Metric("ready", "counter", "What CI jobs told of their releases (POST /hooks/ready).", ("outcome",))
HTTP_REQUESTS = Metric("http_requests", "counter", "Requests answered.", ("method", "route", "status"))
HTTP_SECONDS = Metric(
    "http_request_seconds",
    "histogram",
    "Time to answer a request.",
    ("method", "route"),
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
JOBS = Metric("jobs", "counter", "Executions of jobs.", ("job", "outcome"))
JOB_SECONDS = Metric(
    "job_seconds",
    "histogram",
    "Time of one execution of a job.",
    ("job",),
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900),
)
PUBLICATIONS = Metric("publications", "counter", "Commits to a site.", ("site",))
BYTES_CHANGED = Metric(
    "bytes_changed", "counter", "Published versions that came with other bytes.", ("rule",)
)
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
RELEASE_LIVE_SECONDS = Metric(
    "release_live_seconds", "histogram", "Time from a release's first webhook until everybody can get it.",
    (), MINUTES,
)  # fmt: skip
LIVENESS = Metric(
    "publications_checked", "counter", "Publications looked for at their public address.", ("outcome",)
)
ASKED_AGAIN = Metric(
    "deliveries_asked_again",
    "counter",
    "Failed deliveries that GitHub was asked to send again.",
    ("outcome",),
)
GITHUB_REQUESTS = Metric("github_requests", "counter", "Requests sent to GitHub.", ("kind",))
GITHUB_WRITES = Metric(
    "github_content_writes", "counter", "Writes that GitHub's limits of content count.", ("installation",)
)
WRITES_WAITS = Metric("writes_waits", "counter", "Publishes put off for want of writes.", ("site",))

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

# ---- looked at when somebody asks

BUILD_INFO = Metric("build_info", "gauge", "Always 1; what runs here.", ("version", "python"))
DEPENDENCY_UP = Metric("dependency_up", "gauge", "1 while this part answers.", ("dependency",))
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
HEARD_AGE = Metric(
    "site_last_delivery_age_seconds", "gauge", "How long ago a webhook of the site's came in.", ("site",)
)
UNANNOUNCED = Metric(
    "site_unannounced_releases", "gauge", "Releases found without a webhook since the last one.", ("site",)
)

ADDED_UP = (
    DELIVERIES, READY, HTTP_REQUESTS, HTTP_SECONDS, JOBS, JOB_SECONDS, PUBLICATIONS, BYTES_CHANGED,
    SOURCE_SECONDS, GITHUB_REQUESTS, GITHUB_WRITES, WRITES_WAITS,
    LIVE_SECONDS, RELEASE_LIVE_SECONDS, LIVENESS, ASKED_AGAIN,
)  # fmt: skip
METRICS = (
    *ADDED_UP, GITHUB_REMAINING, GITHUB_LIMIT,
    BUILD_INFO, DEPENDENCY_UP, QUEUE_JOBS, QUEUE_AGE, WORKERS, WRITES_LEFT,
    LEDGER, LEDGER_AGE, SITES, SITES_BEHIND,
    HEARD_AGE, UNANNOUNCED,
)  # fmt: skip
