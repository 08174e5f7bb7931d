"""What a source is, and how it is built, compared and planned. No I/O.

- the document: `model`, `codec`, `schema`, `forms`
- which versions it lists: `select`, `listing`, `order`, `retention`, `tracks`, `staging`, `pal`, `allowed`
- what decisions say of them: `decided`, `requested`, `odd`
- what holds them back: `waiting`, `agreed`, `let_through`, `changed`, `kept_back`; `due` (until when)
- how it is built: `build`, `entries`, `parts`, `permissions`, `facts`, `text`, `site`
- what a client would refuse: `gate`, `blame`
- what is committed: `plan`, `diff`, `message`, `history` (read back), `proposal`
- what people look at before: `preview`, `textdiff`, `reviewed`
- what people made by hand: `adopt`, `adopted`, `edits`
"""

from bot.source.build import build_source
from bot.source.codec import parse_source, render_source
from bot.source.facts import facts_from_ipa
from bot.source.site import SiteContext

__all__ = ["SiteContext", "build_source", "facts_from_ipa", "parse_source", "render_source"]
