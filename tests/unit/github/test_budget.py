"""What GitHub's answers say about its rate limits."""

import pytest
from github import Auth

from bot.github.said import installation_of, parse_budget
from bot.metrics.meter import Budget

HEADERS = {
    "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4990", "x-ratelimit-reset": "1800000000",
    "x-ratelimit-resource": "core",
}  # fmt: skip


def test_budget_of_an_answer() -> None:
    assert parse_budget(HEADERS, "7") == Budget("core", "7", 4990, 5000, 1_800_000_000)


@pytest.mark.parametrize(
    "headers", [{}, {**HEADERS, "x-ratelimit-remaining": "many"}, {"x-ratelimit-limit": "60"}]
)
def test_answer_that_says_nothing(headers: dict[str, str]) -> None:
    assert parse_budget(headers, "token") is None


def test_whose_budget_it_is() -> None:
    app = Auth.AppAuth(1, sign_func=lambda _: "jwt")
    assert installation_of(Auth.AppInstallationAuth(app, 42)) == "42"
    assert installation_of(app) == "app"
    assert installation_of(Auth.Token("t")) == installation_of(None) == "token"
