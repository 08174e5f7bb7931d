"""More requests than one commit takes in."""

from bot.decisions import AddDecision, Decision, Kind
from bot.records import Cause, CauseKind, DecisionRequest
from bot.store.decision_edits import MOST
from jobs.publish import publish_site
from tests.deciding import KEY, Site
from tests.installation import Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]
CATALOG = "name: Acme Apps\napps:\n  - id: app\n    repository: acme/app\n"
CAUSE = Cause(kind=CauseKind.COMMAND, text="/yank")


def ask(site: Site, count: int) -> None:
    """For yanks of versions that are nowhere."""
    for number in range(count):
        yank = Decision(
            kind=Kind.YANK, app="app", version=f"9.{number}", actor="maintainer", at="2026-01-01T00:00:00Z"
        )
        request = DecisionRequest(
            id=f"comment:1:{number}", edits=(AddDecision(decision=yank),), title=f"Yank 9.{number}",
            actor="maintainer", cause=CAUSE, at_ms=number,
        )  # fmt: skip
        site.bot.store.decision_edits.add(KEY, request)
    site.bot.store.sites.trigger(KEY, CAUSE)


def is_behind(site: Site) -> bool:
    state = site.bot.store.sites.find(KEY)
    assert state is not None
    return state.generation > state.published_generation


def test_the_next_commit_has_the_rest(installation: Installation) -> None:
    site = Site(installation).start(catalog=CATALOG)
    ask(site, MOST + 1)
    publish_site.work(installation.context, KEY, "0")
    assert len(site.decisions()) == MOST
    site.bot.drain()
    assert len(site.decisions()) == MOST + 1
    assert (site.open_requests(), is_behind(site)) == (0, False)


def test_as_many_as_fit_into_a_pull_request_ask_for_no_other_publish(installation: Installation) -> None:
    site = Site(installation).start(catalog=f"mode: pull-request\n{CATALOG}")
    ask(site, MOST)
    publish_site.work(installation.context, KEY, "0")
    assert site.open_requests() == MOST, "they wait for the merge"
    assert not is_behind(site), "what waits for somebody would be planned again and again"
