"""What GitHub says about webhooks -> values."""

import pytest

from bot.github.hooks import parse_hook

HOOK = {
    "id": 7, "active": True, "events": ["push"],
    "config": {"url": "https://bot/webhooks/github", "content_type": "json", "insecure_ssl": "0"},
}  # fmt: skip


def test_a_hook() -> None:
    hook = parse_hook(HOOK)
    assert (hook.id, hook.url, hook.events) == (7, "https://bot/webhooks/github", ("push",))
    assert (hook.active, hook.content_type, hook.checks_certificate) == (True, "json", True)


@pytest.mark.parametrize(
    ("value", "checks"), [("1", False), (1, False), ("0", True), (0, True), (None, True)]
)
def test_certificates(value: object, checks: bool) -> None:
    assert parse_hook({**HOOK, "config": {"insecure_ssl": value}}).checks_certificate is checks


def test_a_hook_with_next_to_nothing() -> None:
    hook = parse_hook({"id": 7, "active": False, "events": []})
    assert (hook.url, hook.content_type) == ("", "form")
