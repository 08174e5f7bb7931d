"""No I/O. Every collection of MongoDB that altpress uses; a new one is a line here.

`kind` says where its documents come from when they are lost: `kept` ones are in MongoDB alone, so that a
backup holds them; `rebuilt` ones are read again from the sites' branches; a `cache` only saves asking again.

`schema_version` is in every document: the number of the last migration (`scripts/migrations`) that changed
what the documents of its collection look like. A document without one, or with a lower one, was written by an
altpress of before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

VERSION_FIELD = "schema_version"


class Kind(StrEnum):
    """What a loss of its documents costs."""

    KEPT = "kept"
    REBUILT = "rebuilt"
    CACHE = "cache"


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection."""

    name: str
    kind: Kind
    schema_version: int = 1


COLLECTIONS: Mapping[str, Collection] = {
    found.name: found
    for found in (
        # what came in, and what followed from it
        Collection("deliveries", Kind.KEPT, 2),
        Collection("delivery_chunks", Kind.KEPT),  # payloads above 8 MiB
        Collection("publications", Kind.KEPT, 2),  # commits do not tell whether they came out live
        Collection("publication_causes", Kind.KEPT),
        # what people were told, and what they asked for
        Collection("notices", Kind.KEPT),
        Collection("troubles", Kind.KEPT),
        Collection("site_issues", Kind.KEPT),
        Collection("talks", Kind.KEPT),
        Collection("decision_edits", Kind.REBUILT),  # old ones would take back what was decided since
        Collection("command_rates", Kind.CACHE),  # of the last ten minutes
        # what is known of GitHub's webhooks
        Collection("hearings", Kind.KEPT),
        Collection("redeliveries", Kind.KEPT),
        Collection("hook_marks", Kind.KEPT),
        Collection("ready", Kind.KEPT),
        # an index over what the sites' branches say
        Collection("sites", Kind.REBUILT),
        Collection("records", Kind.REBUILT, 3),
        Collection("imports", Kind.REBUILT),
        Collection("heads", Kind.CACHE),
        Collection("blobs", Kind.REBUILT),
        Collection("blob_chunks", Kind.REBUILT),
        Collection("repositories", Kind.CACHE),
        Collection("answers", Kind.CACHE),
        # of the database itself
        Collection("migrations", Kind.KEPT),
        Collection("migration_lock", Kind.CACHE),
        Collection("backups", Kind.CACHE),  # when the last one was made
    )
}


def version_of(collection: str) -> int:
    """What a document that is written to it now carries."""
    return COLLECTIONS[collection].schema_version


def stamp(collection: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its version."""
    return {**row, VERSION_FIELD: version_of(collection)}
