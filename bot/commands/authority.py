"""What may be decided from an app's own repository about a site that is somebody else's. No I/O.

Whoever has a role there made the app, not the site: they may take their versions out, hold and pin them, and
undo what was decided in their repository. What was decided elsewhere, and the site's gates and stage, are for
those who have the role on the site itself. Repositories of one owner are one circle, as in
`bot/source/allowed.py`.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from bot.commands.model import Call, Reach, Role
from bot.commands.standing import Standing, place_of
from bot.decisions import AddDecision, Decision, DecisionEdit, Kind, apply_edits
from bot.errors import NotAllowed
from bot.replies.decisions import render_needs_site_role

LETS_THROUGH = frozenset({Kind.APPROVE, Kind.PROMOTE})


def check_authority(call: Call, reach: Reach, standing: Standing, edits: Sequence[DecisionEdit]) -> None:
    """Raise NotAllowed where these edits need a role on the site, which the author has not."""
    owner = call.place.repository.partition("/")[0].lower()
    if reach.whole or owner == standing.state.repository.owner.lower():
        return
    lets = any(isinstance(e, AddDecision) and e.decision.kind in LETS_THROUGH for e in edits)
    if not lets and not any(_undone(standing, edits, call.place.repository)):
        return
    needed = Role.MAINTAIN if lets else Role.WRITE
    role = Role.of(call.world.role(reach.site))
    if not role.reaches(needed):
        raise NotAllowed(render_needs_site_role(needed.value, place_of(standing), role.value))


def _undone(standing: Standing, edits: Sequence[DecisionEdit], repository: str) -> Iterator[Decision]:
    """The decisions of others that are in force no longer afterwards."""
    after = apply_edits(standing.decisions, edits, standing.now).decisions
    here = f"/{repository.lower()}/"
    for decision in standing.decisions.decisions:
        if decision not in after and not urlsplit(decision.link or "").path.lower().startswith(here):
            yield decision
