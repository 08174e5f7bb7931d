"""Which refused files are still to be mended."""

from typing import Any

import pytest

from bot.records import Verdict
from jobs.standing import find_rejected
from tests.unit.source.values import record

REFUSED = {"verdict": Verdict(accepted=False, code="bundle_id_mismatch")}
ACCEPTED = {"verdict": Verdict(accepted=True)}
NOON, LATER = "2026-01-01T12:00:00Z", "2026-01-01T12:00:01Z"


@pytest.mark.parametrize(
    ("refused", "accepted", "stands"),
    [
        ({"release_id": 1, "published_at": LATER}, {"release_id": 2, "published_at": NOON}, True),
        ({"release_id": 1, "published_at": NOON}, {"release_id": 2, "published_at": LATER}, False),
        ({"release_id": 1, "published_at": NOON}, {"release_id": 2, "published_at": NOON}, False),
        ({"release_id": 2, "published_at": NOON}, {"release_id": 1, "published_at": NOON}, True),
        ({"release_id": 1, "published_at": NOON}, {"release_id": 1, "published_at": NOON}, True),
    ],
    ids=["later", "earlier", "earlier in one second", "later in one second", "the same release"],
)
def test_an_accepted_release_that_came_after_it_has_mended_it(
    refused: dict[str, Any], accepted: dict[str, Any], stands: bool
) -> None:
    bad, good = record(1, **refused, **REFUSED), record(2, **accepted, **ACCEPTED)
    assert find_rejected([bad, good]) == ([bad] if stands else [])
    assert find_rejected([bad]) == [bad]
