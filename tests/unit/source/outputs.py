"""A site with several outputs, and what is in each of them."""

import json

from bot.catalog import parse_catalog
from bot.lock import Lock, parse_lock
from bot.source.plan import plan_publish
from tests.unit.source.values import NO_DECISIONS, NOW, record, site

CATALOG = """
name: Acme
outputs:
{outputs}
apps:
  - repository: acme/app
{app}
{more}
"""
RULES = "channels: [{channel: nightly, tags: nightly*}, {channel: beta, prereleases: true}]"
RECORDS = [
    record(1, "1.0.0"), record(2, "1.1.0", prerelease=True), record(3, "1.1.0", "2"),
    record(4, "1.2.0", prerelease=True), record(5, "1.3.0", tag="nightly-5"),
]  # fmt: skip


def catalog(*outputs, app=RULES, more=""):
    lines = "\n".join(f"  - {{path: {n}.json, {output}}}" for n, output in enumerate(outputs))
    indented = "\n".join(f"    {line}" for line in app.splitlines())
    return parse_catalog(CATALOG.format(outputs=lines, app=indented, more=more))


def publish(made, records=RECORDS, decisions=NO_DECISIONS, adopted=(), where=None):
    return plan_publish(
        site=where or site(), catalog=made, decisions=decisions, records=records, current={}, icons={},
        lock=Lock(adopted=tuple(adopted)), causes=[], now=NOW,
    )  # fmt: skip


def apps(plan, path="0.json"):
    return json.loads(plan.files[path])["apps"]


def labels(versions):
    return " ".join(f"{v['version']}({v['buildVersion']})" for v in versions)


def listed(plan, path="0.json"):
    return " ".join(labels(one["versions"]) for one in apps(plan, path))


def tracks(plan, path="0.json"):
    found = apps(plan, path)[0].get("releaseChannels", [])
    return {track["track"]: labels(track["releases"]) for track in found}


def verdicts(plan):
    lock = parse_lock(plan.files[".altpress/lock.jsonl"])
    return {line.key: line.verdict for line in lock.records}


def again(made, records, *before):
    """What a plan tells with the files of those before in place."""
    files = {path: data for plan in before for path, data in plan.files.items()}
    return plan_publish(
        site=site(), catalog=made, decisions=NO_DECISIONS, records=records, current=files, icons={},
        lock=parse_lock(files[".altpress/lock.jsonl"]), causes=[], now=NOW,
    )  # fmt: skip
