"""What altpress tells people, and what is wrong with a site. No I/O."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from bot.records.base import Value


class NoticePlace(StrEnum):
    """Where a notice is written."""

    COMMIT = "commit"  # a comment on the commit `where`
    RELEASE = "release"  # a comment on the commit that the tag `where` is on
    ISSUE = "issue"  # an issue of its own with the title `where`; else as RELEASE with the tag `tag`
    SITE = "site"  # a comment in the site's issue; on the commit `where`, where there can be no issue
    THREAD = "thread"  # a comment in the issue or pull request with the number `where`
    CLOSING = "closing"  # the same in an issue that altpress opened, which is closed with it


class Notice(Value):
    """Something to be told once. The body's last line is its mark (`bot.replies.hidden`)."""

    place: NoticePlace
    repository: str  # "owner/name"
    where: str
    body: str
    tag: str = ""  # of the release, for ISSUE
    tries: int = 0  # how often GitHub refused it
    at_ms: int = 0  # when its cause was found; 0: nobody knows


class Trouble(Value):
    """Something that is wrong with a site, as a job found it; gone when a job finds it mended."""

    kind: str  # `file`, `blocked`, `outputs`, `app`, `not_live`
    key: str = ""  # which one: a path, an app
    fields: dict[str, Any] = Field(default_factory=dict)  # JSON


class SiteIssue(Value):
    """What altpress last wrote into the issue of a site."""

    number: int | None = None  # None: there is none that is known
    url: str = ""
    digest: str = ""  # of what was to be told (`jobs/standing.py`); "" when nobody knows what was
    seen: str = ""  # what that was made from (`mark_seen`)
    keys: tuple[str, ...] = ()  # of the entries that were listed
    open: bool = False
    written_ms: int = 0
