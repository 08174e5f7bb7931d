"""The pull request in which a site's commit waits was merged, closed or opened again."""

from bot.context import Context
from bot.records import Cause, CauseKind
from jobs.runner import job
from jobs.sites import load_site, trigger_publish


@job("proposal")
def follow_pull(ctx: Context, site_key: str, number: int, became: str, delivery: str | None) -> None:
    """A publish looks what is to be done: after a merge there is usually nothing, but that is noted."""
    state, _ = load_site(ctx, site_key)
    url = f"{state.repository.html_url}/pull/{number}"
    text = f"pull request {number} was {became}"
    cause = Cause(
        kind=CauseKind.PULL, delivery=delivery, repository=state.repository.full_name, url=url, text=text
    )
    trigger_publish(ctx, site_key, cause)
