"""No I/O. What is kept of GitHub's answers, and how a list goes on.

A GET that carries the ETag of an earlier answer (`If-None-Match`) and gets 304 does not count against the
primary limit: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

_NEXT = re.compile(r'<([^<>]*)>; rel="next"')


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What GitHub answered to a GET."""

    etag: str
    data: Any  # JSON
    more: bool  # whether a next page followed


class AnswerCache(Protocol):
    """Answers by who asked for what. GitHub decides each time whether one still holds."""

    def load(self, key: str) -> KeptAnswer | None: ...
    def save(self, key: str, answer: KeptAnswer) -> None: ...


def has_next(headers: Mapping[str, Any]) -> bool:
    """Whether `Link` names a next page. Names of headers are in lower case."""
    return _NEXT.search(str(headers.get("link", ""))) is not None


def find_cursor(headers: Mapping[str, Any]) -> str | None:
    """The `cursor` of the next page, in lists that go on so."""
    found = _NEXT.search(str(headers.get("link", "")))
    return parse_qs(urlsplit(found[1]).query).get("cursor", [None])[0] if found else None
