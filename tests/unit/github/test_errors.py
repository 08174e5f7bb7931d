import github
import pytest
import requests

from bot.errors import (
    BadSettings,
    BotError,
    Conflict,
    NotAllowed,
    NotFound,
    ProtectedBranch,
    RateLimited,
    Rejected,
    Unavailable,
)
from bot.github.errors import LONGEST_PAUSE, PAUSE, clean, pause_of, translate, translated

CASES = [
    (400, "Problems parsing JSON", {}, Rejected),
    (401, "Bad credentials", {}, BadSettings),
    (403, "Resource not accessible by integration", {}, NotAllowed),
    (403, "You have exceeded a secondary rate limit", {}, RateLimited),
    (403, "API rate limit exceeded for installation", {"x-ratelimit-remaining": "0"}, RateLimited),
    (403, "", {"retry-after": "30"}, RateLimited),
    (429, "", {}, RateLimited),
    (404, "Not Found", {}, NotFound),
    (410, "Issues are disabled for this repo", {}, NotFound),
    (451, "Repository access blocked", {}, NotFound),
    (409, "Git Repository is empty.", {}, Conflict),
    (422, "Update is not a fast forward", {}, Conflict),
    (422, "Required status check is expected. Protected branch update failed", {}, ProtectedBranch),
    (422, "Changes must be made through a pull request.", {}, ProtectedBranch),
    (422, "At least 1 approving review is required by reviewers with write access.", {}, ProtectedBranch),
    (
        409,
        "Repository rule violations found\n\nChanges must be made through a pull request.",
        {},
        ProtectedBranch,
    ),
    (409, "Could not update file: At least 1 approving review is required", {}, ProtectedBranch),
    (403, "You're not authorized to push to this branch. Visit https://docs.github.com", {}, ProtectedBranch),
    (404, "Branch not protected", {}, NotFound),
    (422, "Validation Failed", {}, Rejected),
    (500, "", {}, Unavailable),
    (502, "", {}, Unavailable),
    (503, "", {}, Unavailable),
]


@pytest.mark.parametrize(("status", "message", "headers", "expected"), CASES)
def test_every_status_is_one_of_our_errors(status, message, headers, expected):
    with pytest.raises(BotError) as caught, translated("acme/app: test"):
        raise github.GithubException(status, {"message": message}, headers)
    assert type(caught.value) is expected
    assert caught.value.public.startswith("acme/app: test: ")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.ConnectionError("HTTPSConnectionPool(host='secret.example')"), Unavailable),
        (requests.ReadTimeout("secret"), Unavailable),
        (ValueError("Expecting value: secret"), Unavailable),
        (RuntimeError("Github server redirected from secret"), BadSettings),
        (github.GithubException(500, "not a dict", None), Unavailable),
    ],
)
def test_what_never_was_an_answer_shows_no_foreign_text(error, expected):
    with pytest.raises(expected) as caught, translated("x"):
        raise error
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_errors_of_ours_pass_through():
    with pytest.raises(NotFound), translated("x"):
        raise NotFound("as it was")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "999999"}, LONGEST_PAUSE),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, PAUSE),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1120"}, 120),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "900"}, 1),
        ({"x-ratelimit-remaining": "17", "x-ratelimit-reset": "1120"}, PAUSE),
        ({}, PAUSE),
    ],
)
def test_how_long_github_asks_us_to_wait(headers, seconds):
    assert pause_of(headers, now=1000.0) == seconds


def test_a_limit_carries_its_pause():
    error = translate("x", 429, "", {"retry-after": "7"})
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7


def test_githubs_words_are_one_bounded_line_without_secrets_and_markup():
    text = clean("a\n\nb https://host.example/x?token=abc <b> `c` @all " + "z" * 500)
    assert text.startswith("a b https://host.example/x &lt;b> 'c' @\u200ball")
    assert len(text) == 200
