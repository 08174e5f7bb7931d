"""What GitHub says besides its answers."""

from datetime import UTC, datetime

import pytest

from bot.github.said import EXPIRY, parse_expiry, reason_of

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text", ["2027-01-01 00:00:00 UTC", "2027-01-01 09:00:00 +0900", "2026-12-31 19:00:00 -0500"]
)
def test_end_of_a_token(text: str) -> None:
    assert parse_expiry({EXPIRY: text, "date": "Mon, 23 Nov 2026 07:00:00 GMT"}) == NEW_YEAR


@pytest.mark.parametrize(
    "text", ["", "never", "2027-01-01", "2027-13-01 00:00:00 UTC", "2027-01-01 00:00:00 CET"]
)
def test_no_end(text: str) -> None:
    assert parse_expiry({EXPIRY: text}) is None


def test_time_of_the_answer_itself_is_no_end() -> None:
    headers = {EXPIRY: "2026-11-23 12:00:30 +0500", "date": "Mon, 23 Nov 2026 07:00:00 GMT"}
    assert parse_expiry(headers) is None


@pytest.mark.parametrize(
    ("status", "message", "headers", "reason"),
    [
        (502, "", {}, "unavailable"),
        (401, "Bad credentials", {}, "unauthorized"),
        (403, "API rate limit exceeded", {}, "limited"),
        (429, "", {}, "limited"),
        (403, "", {"retry-after": "60"}, "limited"),
        (403, "Resource not accessible by integration", {}, "forbidden"),
        (404, "Not Found", {}, None),
        (409, "Conflict", {}, None),
        (422, "Update is not a fast forward", {}, None),
    ],
)
def test_what_came_to_nothing(status: int, message: str, headers: dict[str, str], reason: str | None) -> None:
    assert reason_of(status, {"message": message}, headers) == reason
