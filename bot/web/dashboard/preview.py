"""A site's outputs as their readers see them: as they are published, and as an open pull request proposes."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from werkzeug.exceptions import NotFound

from bot.catalog import Catalog, Output, parse_catalog
from bot.errors import BadSource
from bot.records import Proposal, SiteState
from bot.source.codec import parse_source
from bot.source.site import output_url
from bot.web.dashboard.desk import Desk, find_desk
from bot.web.dashboard.sites import find_site
from bot.web.dashboard.view_links import Link, check_link
from bot.web.dashboard.view_sites import build_site
from bot.web.dashboard.view_source import SourceView, build_document
from bot.web.dashboard.view_verdicts import Document, VerdictView, build_verdict
from bot.web.dashboard.view_waits import build_waits

preview = Blueprint("preview", __name__)
MOST_BYTES = 16 * 1024 * 1024  # of a document that is read for a page
NO_CATALOG = "The site has no catalog that can be read, so it has no outputs."
NO_OUTPUT = "The site's catalog names no such output."
ABSENT = "It is not published yet: no version is there for it."
FORGOTTEN = "altpress keeps no copy of it just now. Rebuild the site, or look at the file itself."
UNREADABLE = "It cannot be read as a source: what the clients say of it stands below."
TOO_LARGE = "It is too large to be shown here."


@dataclass(frozen=True, slots=True)
class _Shown:
    """One output; without a source, `why` says what is the matter."""

    source: SourceView | None = None
    verdict: VerdictView | None = None
    size: int = 0
    why: str | None = None


@preview.get("/preview/<path:key>")
def show(key: str) -> str:
    desk = find_desk()
    state = find_site(desk, key)
    if state.catalog is None:
        raise NotFound(NO_CATALOG)
    catalog = parse_catalog(state.catalog)
    output = _asked_output(catalog)
    proposal = _open_proposal(state, output)
    proposed = proposal is not None and request.args.get("proposed") == "1"
    page = max(request.args.get("page", 1, type=int), 1)
    blobs = proposal.files if proposal is not None and proposed else _published(desk, state, catalog)
    records = desk.context.store.records.of_site(key)
    icons = {one.facts.icon.path: one.facts.icon.sha256 for one in records if one.facts and one.facts.icon}
    return render_template(
        "dashboard/preview.html",
        site=build_site(state, desk.context.store.publications.latest(key), desk.pages, desk.now_ms),
        outputs=catalog.outputs,
        output=output,
        address=_address(desk, state, catalog, output),
        shown=_load(desk, output, blobs.get(output.path), icons, page),
        proposal=proposal,
        proposed=proposed,
        page=page,
        waits=len(build_waits(catalog, records, desk.now_ms)),
    )


def _asked_output(catalog: Catalog) -> Output:
    path = request.args.get("output")
    found = next((one for one in catalog.outputs if path in {None, one.path}), None)
    if found is None:
        raise NotFound(NO_OUTPUT)
    return found


def _open_proposal(state: SiteState, output: Output) -> Proposal | None:
    """The pull request that would change this output."""
    waits = state.proposal
    return waits if waits and waits.number is not None and output.path in waits.files else None


def _published(desk: Desk, state: SiteState, catalog: Catalog) -> Mapping[str, str]:
    """Blob ids by path, on the outputs' branch as the last publish saw it."""
    branch = catalog.publish_to or state.site.branch
    head = desk.context.store.sites.load_head(state.site.model_copy(update={"branch": branch}).key)
    return head.blobs if head else {}


def _load(desk: Desk, output: Output, sha: str | None, icons: Mapping[str, str], page: int) -> _Shown:
    if sha is None:
        return _Shown(why=ABSENT)
    data = desk.context.store.blobs.get(sha)
    if data is None:
        return _Shown(why=FORGOTTEN)
    if len(data) > MOST_BYTES:
        return _Shown(size=len(data), why=TOO_LARGE)
    verdict = build_verdict(Document(sha, data), output.clients)
    try:
        source = build_document(parse_source(data), icons, page=page, now_ms=desk.now_ms)
    except BadSource:
        return _Shown(verdict=verdict, size=len(data), why=UNREADABLE)
    return _Shown(source, verdict, len(data))


def _address(desk: Desk, state: SiteState, catalog: Catalog, output: Output) -> Link | None:
    """Where the published file is for everybody; none of a private repository without `base-url`."""
    if state.repository.private and catalog.base_url is None:
        return None
    branch = catalog.publish_to or state.site.branch
    url = output_url(catalog, desk.context.base_url(state.site.repository, branch), output.path)
    return Link(url, check_link(url)) if url else None
