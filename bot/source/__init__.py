"""What a source is, and how it is built, compared and planned. No I/O."""

from bot.source.adopt import Adoption, adopt_source
from bot.source.allowed import ALLOW_FILE, check_app_allowed
from bot.source.build import build_source
from bot.source.codec import parse_source, render_source
from bot.source.diff import diff_sources
from bot.source.facts import facts_from_ipa, icon_file
from bot.source.model import Source
from bot.source.plan import Commit, Unchanged, blob_sha, plan_publish
from bot.source.site import SiteContext, icon_path

__all__ = [
    "ALLOW_FILE",
    "Adoption",
    "Commit",
    "SiteContext",
    "Source",
    "Unchanged",
    "adopt_source",
    "blob_sha",
    "build_source",
    "check_app_allowed",
    "diff_sources",
    "facts_from_ipa",
    "icon_file",
    "icon_path",
    "parse_source",
    "plan_publish",
    "render_source",
]
