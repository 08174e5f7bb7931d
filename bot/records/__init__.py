"""The values that travel between the parts of altpress. No I/O.

All are frozen, compare by value, and go to and from JSON by pydantic (`model_dump(mode="json")`,
`model_validate`), strictly: an unknown key is an error. Times are whole milliseconds since 1970 in UTC
where they are stored for ordering (`*_ms`), and ISO 8601 strings as GitHub sent them (`2026-11-22T21:48:16Z`)
where they are part of a published document.
"""

from bot.records.assets import ACCEPTED, Facts, IconFile, InnerIpa, Record, Verdict
from bot.records.base import Value
from bot.records.decisions import DecisionRequest, RequestProgress, RequestState, SaidAnswer, Talk
from bot.records.deliveries import Cause, CauseKind, Delivery, DeliveryState, Hosted, Liveness, Publication
from bot.records.hearing import FailedDelivery, Hearing, HookMark
from bot.records.jobs import Job
from bot.records.notices import Notice, NoticePlace, SiteIssue, Trouble
from bot.records.places import Asset, Release, RepositoryFacts, Site
from bot.records.sites import HeadCache, Proposal, SiteState

__all__ = [
    "ACCEPTED",
    "Asset",
    "Cause",
    "CauseKind",
    "DecisionRequest",
    "Delivery",
    "DeliveryState",
    "Facts",
    "FailedDelivery",
    "HeadCache",
    "Hearing",
    "HookMark",
    "Hosted",
    "IconFile",
    "InnerIpa",
    "Job",
    "Liveness",
    "Notice",
    "NoticePlace",
    "Proposal",
    "Publication",
    "Record",
    "Release",
    "RepositoryFacts",
    "RequestProgress",
    "RequestState",
    "SaidAnswer",
    "Site",
    "SiteIssue",
    "SiteState",
    "Talk",
    "Trouble",
    "Value",
    "Verdict",
]
