"""No I/O. Which sites a job may speak to.

A token says whom it is for (its audience, which the workflow chooses) and whose job asked for it. It is for
us when the audience names a site's repository, or this installation by its public address; and it counts for
the sites whose catalog lists the job's repository.
"""

from collections.abc import Callable, Collection, Sequence

from bot.errors import NotAllowed
from bot.oidc.claims import Claims
from bot.records import RepositoryFacts, SiteState

Stored = tuple[RepositoryFacts, int]  # facts, and when they were seen
MOST_NAMES = 200  # that are looked up for a repository which no catalog names as it is called today
ASK = "Ask for the token with the full name of the site's repository as its audience, such as `acme/source`."


def select_sites(
    claims: Claims, sites: Sequence[SiteState], names: Collection[str], public_url: str | None
) -> list[SiteState]:
    """The sites that the job's repository feeds, out of those that the token is for; at least one.

    `names` are the full names that this repository has in catalogs (`find_names`). Raises NotAllowed. The
    sentence for a site that does not list the repository is that for one which is not there: nobody learns
    what else altpress serves.
    """
    if claims.is_of_pull_request:
        raise NotAllowed("A run for a pull request cannot tell that a release is ready.")
    meant = [state for state in sites if _is_meant(claims.aud, state, public_url)]
    found = [state for state in meant if any(state.feeds(name) for name in names)]
    if found:
        return found
    if not meant and "://" in claims.aud:  # such as GitHub's default, the address of the owner
        raise NotAllowed(f"The token is meant for somebody else. {ASK}")
    raise NotAllowed(
        f"{claims.repository} is no app repository of the site that the token names as its audience. {ASK}"
        " The site's catalog must list the repository under `apps`."
    )


def find_names(
    claims: Claims, sites: Sequence[SiteState], find: Callable[[str], Stored | None], public_url: str | None
) -> list[str]:
    """The names that catalogs have for the job's repository, as far as altpress knows repositories by id.

    A name that is known for another repository is not taken: that one was deleted, and somebody may have made
    a new one of its name. One that was renamed a moment ago is found by its id. `find` gives the stored facts
    of a name.
    """
    name = claims.repository.lower()
    stored = find(name)
    own = stored is None or stored[0].id == claims.number
    meant = [state for state in sites if _is_meant(claims.aud, state, public_url)]
    if own and any(state.feeds(name) for state in meant):
        return [name]
    listed = dict.fromkeys(app for state in meant for app in state.apps)
    known = ((app, find(app)) for app in list(listed)[:MOST_NAMES])
    return [app for app, facts in known if facts is not None and facts[0].id == claims.number]


def shown_sites(claims: Claims, sites: Sequence[SiteState]) -> list[str]:
    """The keys that the job may read: those of private sites of others are nobody's business."""
    owner = claims.repository_owner.lower()
    return [
        state.site.key
        for state in sites
        if not state.repository.private
        or state.repository.owner.lower() == owner
        or claims.aud.lower() == state.site.repository.lower()
    ]


def _is_meant(audience: str, state: SiteState, public_url: str | None) -> bool:
    if public_url and audience.rstrip("/") == public_url.rstrip("/"):
        return True
    return audience.lower() == state.site.repository.lower()
