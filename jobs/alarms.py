"""What goes wrong on the way from and to GitHub: noted, until it is over, for the site's issue."""

from collections.abc import Sequence

from bot.context import Context
from bot.records import Publication, SiteState
from jobs.troubles import note_mended, note_trouble


def tell_not_live(
    ctx: Context, state: SiteState, publication: Publication, missing: Sequence[tuple[str, str]]
) -> None:
    """Published bytes that nobody can get; until a publication is live again."""
    note_trouble(ctx, state, "not_live", commit=publication.commit, missing=list(missing))


def take_back_not_live(ctx: Context, site_key: str) -> None:
    """It is live."""
    note_mended(ctx, site_key, "not_live")
