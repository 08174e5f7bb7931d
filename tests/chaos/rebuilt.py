"""What `altpress rebuild-state` makes of git alone, in an empty MongoDB, beside what the storm left.

It is the real command, in a process of its own; then the plan that a worker would make with it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from bot.cli.sandbox_settings import load_beside
from bot.context import open_context
from bot.embedded.urls import mongo_url
from bot.source.plan import Unchanged
from jobs.desired import load_desired
from jobs.sites import load_site
from tests.chaos.outside import Findings
from tests.chaos.plan import Site

ROOT = Path(__file__).resolve().parents[2]
DATABASE, REBUILT = "altpress", "altpress-rebuilt"
OF_A_SITE = ("site", "repository", "catalog", "catalog_sha", "apps", "problems")
Rows = dict[str, Any]


def check_rebuild(data: Path, sites: Sequence[Site], found: Findings) -> None:
    """Both databases say the same of every site, and with the new one nothing is left to commit."""
    if not _rebuild(data, found):
        return
    with MongoClient[dict[str, Any]](mongo_url(data)) as client:
        for name, read in (("records", _records), ("sites", _sites)):
            before, after = read(client[DATABASE]), read(client[REBUILT])
            different = [key for key in before if before[key] != after.get(key)]
            wrong = [*different, *(after.keys() - before.keys())]
            found.counts["rebuilt"] += len(after)
            found.expect(bool(after), f"rebuild-state found no {name}")
            found.expect(not wrong, f"rebuild-state tells otherwise of {len(wrong)} {name}: {wrong[:3]}")
    settings = load_beside(data).model_copy(update={"mongo_database": REBUILT})
    with open_context(settings) as context:
        for site in sites:
            state, catalog = load_site(context, f"{site.repository}@main")
            plan = load_desired(context, state, catalog, ()).plan
            said = getattr(plan, "changes", ())
            found.expect(isinstance(plan, Unchanged), f"{site.repository}: rebuilt, it would commit {said}")


def _rebuild(data: Path, found: Findings) -> bool:
    """Run the command; True when it says that all is well."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ALTPRESS_")}
    environment |= {"ALTPRESS_MONGO_DATABASE": REBUILT, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "bot", "rebuild-state", "--json", "--data", str(data)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    said = json.loads(done.stdout) if done.returncode == 0 else {}
    found.expect(bool(said.get("ok")), f"rebuild-state ended with {done.returncode}: {done.stderr[-300:]}")
    assets = said.get("requests", {}).get("asset", 0)
    found.expect(not assets, f"rebuild-state opened {assets} files of releases")
    return bool(said.get("ok"))


def _records(database: Database[dict[str, Any]]) -> Rows:
    rows = database["records"].find({"live": {"$gt": ""}}, {"live": 1, "record": 1})
    return {row["live"]: json.loads(row["record"]) for row in rows}


def _sites(database: Database[dict[str, Any]]) -> Rows:
    return {row["_id"]: [row.get(name) for name in OF_A_SITE] for row in database["sites"].find()}
