"""`/status [app]`: what is published, what waits, what is decided, what was rejected and why. No I/O."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bot.catalog import App
from bot.commands.model import Call, Command, Reach, Role
from bot.commands.names import named_app
from bot.commands.ports import SiteFacts
from bot.decisions import Decision, Decisions, Kind
from bot.records import Delivery, Record
from bot.replies import AppStatus, Failure, SiteStatus, render_status
from bot.source.kept_back import describe, find_waiting
from bot.source.order import published
from bot.source.text import encode_url
from bot.source.waiting import is_waiting

MOST_FAILURES = 5


def run(call: Call) -> str:
    """Each site in reach: all of it in its own repository, in an app's that app alone."""
    app = named_app(call)
    now_ms = call.world.now_ms()
    reaches = [(reach, reach.chosen(app)) for reach in call.place.reaches]
    texts = [
        render_status(
            survey_site(call.world.look(reach.site, apps), reach, apps, call.place.repository), now_ms
        )
        for reach, apps in reaches
        if apps or (app is None and reach.whole)
    ]
    return "\n\n".join(texts) or "There is no app here yet."


def survey_site(facts: SiteFacts, reach: Reach, apps: Sequence[str], asked_in: str) -> SiteStatus:
    """What may be told of the site in the repository `asked_in`.

    The catalog's problems are for the site's own readers; a private site is not named to others.
    """
    state, last = facts.state, facts.publication
    shown = reach.whole or not state.repository.private
    return SiteStatus(
        name=state.site.key if shown else None,
        publication=last,
        commit_url=f"{state.repository.html_url}/commit/{last.commit}" if shown and last else None,
        due=max(state.generation - state.published_generation, 0),
        apps=tuple(_survey_app(app, facts, asked_in) for app in facts.catalog.apps if app.id in apps),
        problems=state.problems if reach.whole else (),
        proposal=state.proposal if shown and state.proposal and state.proposal.number is not None else None,
        outputs=facts.published is not None,
        failures=_failures(facts.failed) if reach.whole else (),
        holds=None if facts.decisions is None else _decided(facts.decisions, None),
        put_off_ms=facts.put_off_ms,
    )


def _survey_app(app: App, facts: SiteFacts, asked_in: str) -> AppStatus:
    mine = [record for record in facts.records if record.app == app.id]
    entry = _published_entry(app, mine, facts)
    newest: dict[str, Any] = next((v for v in _dicts(entry.get("versions"))), {})
    source = next((r for r in mine if _address(r) == newest.get("downloadURL")), None)
    refused = (r for r in mine if not r.verdict.accepted and not is_waiting(r.verdict))
    rejected = sorted(refused, key=published, reverse=True)
    decisions = facts.decisions or Decisions()
    kept = find_waiting(facts.catalog, mine, decisions, [app.id])
    name = app.repository.lower()
    return AppStatus(
        id=app.id,
        bundle_identifier=_text(entry.get("bundleIdentifier")) or app.bundle_id,
        version=_text(newest.get("version")),
        build=_text(newest.get("buildVersion")),
        date=_text(newest.get("date")),
        tag=source.tag if source else None,
        release_url=source.release_url if source else None,
        waiting=tuple(waiting for waiting in facts.waiting if waiting.app == app.id),
        rejected=tuple(rejected),
        private=name in facts.private and name != asked_in.lower(),
        kept=tuple(describe(record, reason) for record, reason in kept),
        decisions=_decided(decisions, app.id),
    )


def _failures(failed: Sequence[Delivery]) -> tuple[Failure, ...]:
    """Each reason once, with the newest delivery that failed for it."""
    reasons = Counter(delivery.reason for delivery in failed)
    newest = {delivery.reason: delivery for delivery in reversed(failed) if delivery.reason}
    found = [Failure(reason, d.guid, d.received_ms, reasons[reason] - 1) for reason, d in newest.items()]
    return tuple(sorted(found, key=lambda failure: failure.at_ms, reverse=True)[:MOST_FAILURES])


def _decided(decisions: Decisions, app: str | None) -> tuple[Decision, ...]:
    """Yanks, pins and holds of the app; of the site itself, holds."""
    kinds = {Kind.YANK, Kind.PIN, Kind.HOLD}
    mine = (d for d in decisions.decisions if d.kind in kinds)
    return tuple(d for d in mine if (d.app or "").lower() == (app or "").lower())


def _published_entry(app: App, records: Sequence[Record], facts: SiteFacts) -> dict[str, Any]:
    """The app as it is published: with a file of its releases, else its bundle ID, if no variant has it."""
    entries = _dicts(facts.published.get("apps")) if facts.published else []
    files = {_address(record) for record in records}
    for entry in entries:
        if any(version.get("downloadURL") in files for version in _dicts(entry.get("versions"))):
            return entry
    alone = sum(other.bundle_id == app.bundle_id for other in facts.catalog.apps) == 1
    if app.bundle_id is None or not alone:
        return {}
    return next((entry for entry in entries if entry.get("bundleIdentifier") == app.bundle_id), {})


def _address(record: Record) -> str:
    """The record's file, as the document writes it."""
    return encode_url(record.download_url)


def _dicts(value: object) -> list[dict[str, Any]]:
    """A document is a file like any other: nothing is certain about what it holds."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


COMMAND = Command(
    verb="status",
    usage="/status [app]",
    summary="tells what is published, what waits, what is decided, and what was rejected or failed and why",
    needs=Role.NONE,
    run=run,
    most=1,
)
