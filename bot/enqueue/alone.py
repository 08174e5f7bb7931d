"""No I/O. Which jobs run one at a time.

Publishes of one site, its reports, checks of one pull request, and ingests of one release for one site:
GitHub announces a release twice at the same moment (`published` and `released`), and the second ingest finds
what the first has read.
"""

import hashlib

from bot.records import Job


def name_limit(job: Job) -> str | None:  # noqa: PLR0911  # one line a job
    """What the job shares with those that must not run beside it; None: it may run beside any."""
    match job.name, job.args:
        case "publish", (site_key, *_):
            return f"publish:{digest(str(site_key))}"
        case "ingest" | "reread", (site_key, _, release_id, *_):
            return f"ingest:{digest(str(site_key), str(release_id))}"
        case "catalog-pull", (site_key, number, *_):
            return f"pull:{digest(str(site_key), str(number))}"
        case "report", (site_key, *_):
            return f"report:{digest(str(site_key))}"
        case "live", (site_key, *_):  # a host that answers slowly keeps one worker for each owner of sites
            return f"live:{digest(str(site_key).partition('/')[0].lower())}"
        case (("sweep" | "backup"), _):
            return job.name
        case _:
            return None


def digest(*parts: str) -> str:
    """Twenty letters and digits that stand for the parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]
