"""`make chaos`: seeds of chaos, and whether every promise held.

Releases are made while web, worker, scheduler, Redis and MongoDB are killed at random points, GitHub answers
with errors, and deliveries are doubled, late and dropped. Everything is then checked from outside. The last
line is one JSON object; exit status 0 only if every promise held.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from tests.chaos.run import Outcome, run_seed

COUNTED = (
    "releases", "deliveries", "attempts", "accepted", "kills", "faults", "commits", "lost", "doubled",
    "unfinished", "hand_commits", "broken",
)  # fmt: skip


@click.command()
@click.option("--seeds", default=1, show_default=True, type=click.IntRange(1), help="How many runs.")
@click.option("--first", default=1, show_default=True, help="The first seed; the others follow.")
@click.option("--releases", default=500, show_default=True, type=click.IntRange(1), help="Of each run.")
@click.option("--pace", default=4.0, show_default=True, help="Releases a second.")
@click.option("--keep", type=click.Path(path_type=Path), help="Where the world of a broken run is kept.")
def main(seeds: int, first: int, releases: int, pace: float, keep: Path | None) -> None:
    """Break everything, and look whether the promises hold."""
    outcomes = []
    for seed in range(first, first + seeds):
        outcome = run_seed(seed, releases, say=say, pace=pace, keep=keep)
        outcomes.append(outcome)
        say(f"seed {seed}: {json.dumps(outcome.counts)}")
        for sentence in outcome.broken:
            say(f"  BROKEN: {sentence}")
    click.echo(json.dumps(_sum(outcomes)))
    sys.exit(any(outcome.broken for outcome in outcomes))


def say(line: str) -> None:
    click.echo(line, err=True)


def _sum(outcomes: list[Outcome]) -> dict[str, Any]:
    total = Counter[str]()
    for outcome in outcomes:
        total.update({name: outcome.counts[name] for name in COUNTED})
    return {"seeds": len(outcomes), **{name: total[name] for name in COUNTED}}


if __name__ == "__main__":
    main()
