"""Hand edits of what altpress makes: noticed, told once, and undone by the commit that follows."""

from bot.context import Context
from bot.records import SiteState
from jobs.desired import Desired


def tell_edits(ctx: Context, state: SiteState, desired: Desired) -> None:
    """To be filled."""
