"""No I/O. Which sites a job may speak to.

A token says whom it is for (its audience, which the workflow chooses) and whose job asked for it. It is for
us when the audience names a site's repository, or this installation by its public address; and it counts for
the sites whose catalog lists the job's repository.
"""

from collections.abc import Collection, Sequence

from bot.errors import NotAllowed
from bot.oidc.claims import Claims
from bot.records import SiteState

ASK = "Ask for the token with the full name of the site's repository as its audience, such as `acme/source`."


def select_sites(
    claims: Claims, sites: Sequence[SiteState], names: Collection[str], public_url: str | None
) -> list[SiteState]:
    """The sites that the job's repository feeds, out of those that the token is for; at least one.

    `names` are the full names (lower case) that this repository has in catalogs. Raises NotAllowed. The
    sentence for a site that does not list the repository is that for one which is not there: nobody learns
    what else altpress serves.
    """
    if claims.is_of_pull_request:
        raise NotAllowed("A run for a pull request cannot tell that a release is ready.")
    meant = [state for state in sites if _is_meant(claims.aud, state, public_url)]
    found = [state for state in meant if not set(state.apps).isdisjoint(names)]
    if found:
        return found
    if not meant and "://" in claims.aud:  # such as GitHub's default, the address of the owner
        raise NotAllowed(f"The token is meant for somebody else. {ASK}")
    raise NotAllowed(
        f"{claims.repository} is no app repository of the site that the token names as its audience. {ASK}"
        " The site's catalog must list the repository under `apps`."
    )


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
