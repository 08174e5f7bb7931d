"""The first `altpress.yml`: what was found as keys, what was guessed as comments. No I/O."""

import json
import re
from collections.abc import Iterator, Sequence

from bot.catalog import parse_catalog
from bot.setup.plan import AppPlan
from bot.source.text import clean_line

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(?:[ /][A-Za-z0-9_.-]+)*\Z")
BUNDLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}\Z")
_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n", ".nan", ".inf"}
# what templates and build systems call an app that nobody has named
_NAMELESS = {"app", "application", "runner", "ios", "iosapp", "unity-iphone", "main", "demo", "payload"}
HEAD = """\
# What this AltStore source offers, and which GitHub releases feed it. Written by `altpress init` from the
# releases as they are; lines with "guessed" are worth a look. All keys: docs/catalog.md of altpress.
"""


def draft_catalog(name: str, plans: Sequence[AppPlan], *, guessed: str | None = None) -> str:
    """The catalog's text. `guessed` says where the source's name comes from, when nobody gave it.

    Raises BadCatalog should what was found make no valid catalog (it is read back before it is returned).
    """
    lines = [HEAD, *_source(name, guessed), "", "outputs:", "  - path: apps.json", "", "apps:"]
    for number, plan in enumerate(plans):
        lines += [""] if number else []
        lines += _app(plan)
    text = "\n".join(lines) + "\n"
    parse_catalog(text)
    return text


def needs_name(plan: AppPlan) -> bool:
    """Whether the IPA's own name is none that a person would recognise the app by."""
    name = clean_line(plan.ipa_name).lower()
    return not name or name in _NAMELESS or name == plan.bundle_identifier.lower()


def _source(name: str, guessed: str | None) -> Iterator[str]:
    why = f"  # guessed: {_comment(guessed)}" if guessed else ""
    yield f"name: {quote(clean_line(name) or 'Apps')}{why}"
    yield "# subtitle: One line below the name"
    yield "# icon: https://…   (left out: the first app's icon)"


def _app(plan: AppPlan) -> Iterator[str]:
    """One entry. A default is left out unless it was a decision."""
    feeds = "release feeds" if plan.releases == 1 else "releases feed"
    opened = f"{_comment(plan.opened.asset.name)} of {_comment(plan.opened.release.tag)}"
    yield f"  # {plan.releases} {feeds} this app today; {opened} was opened."
    yield f"  - repository: {quote(plan.repository)}"
    if plan.id is not None:
        yield f"    id: {quote(plan.id)}  # its name in commands"
    if plan.assets != ("*.ipa",):
        yield f"    assets: {json.dumps(list(plan.assets), ensure_ascii=False)}"
    if plan.tags != "*":
        yield f"    tags: {json.dumps(plan.tags, ensure_ascii=False)}"
    if plan.prereleases != "exclude":
        yield f"    prereleases: {plan.prereleases}"
    for note in plan.notes:
        yield f"    # guessed: {_comment(note)}"
    if BUNDLE_ID.match(plan.bundle_identifier):
        yield f"    bundle-id: {quote(plan.bundle_identifier)}  # IPAs with another one are refused"
    else:
        yield f"    # bundle-id: the IPA's is no valid one: {_comment(plan.bundle_identifier)}"
    yield from _texts(plan)


def _texts(plan: AppPlan) -> Iterator[str]:
    """Name, developer, description: left out where the IPA and GitHub give good ones."""
    repository = plan.opened.release.repository
    if needs_name(plan):
        name = clean_line(repository.full_name.rpartition("/")[2])
        yield f"    name: {quote(name)}  # guessed: the repository's; the IPA says {_comment(plan.ipa_name)}"
    else:
        yield f"    # name: {_comment(plan.ipa_name)}   (left out: the IPA says so)"
    developer = clean_line(repository.owner_name) or repository.owner
    yield f"    # developer: {_comment(developer)}   (left out: the repository's owner)"
    description = clean_line(repository.description, 80)
    if description:
        yield f"    # description: {_comment(description)}   (left out: the repository's)"
    else:
        yield "    # description: …   (the repository has none: worth writing)"
    if plan.tint:
        yield f"    tint-color: {quote(plan.tint)}  # taken from the icon"


def quote(text: str) -> str:
    """A YAML scalar that is this text and nothing else."""
    if _PLAIN.match(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    """Foreign text within one line."""
    return clean_line(text, 120)
