"""Commands that decide, the whole way: signed webhook, worker, then commit, reactions and reply."""

import pytest

from tests.deciding import DECISIONS, DONE, SITE, Site
from tests.installation import Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]


@pytest.fixture
def site(installation: Installation) -> Site:
    return Site(installation)


def test_yank(site: Site) -> None:
    site.start("1.0", "1.1")
    assert site.versions() == ["1.1", "1.0"]
    reply = site.say("/yank app 1.1 crashes at start")
    assert site.versions() == ["1.0"]
    [decision] = site.decisions()
    assert decision.pop("at")
    assert decision.pop("link").startswith(f"{site.bot.hub.sandbox.html}/{SITE}/issues/1#issuecomment-")
    assert decision == {
        "kind": "yank", "app": "app", "version": "1.1", "reason": "crashes at start", "actor": "maintainer",
    }  # fmt: skip
    assert set(site.changed()) == {DECISIONS, "apps.json"}
    assert site.message().startswith("Yank Acme 1.1\n\n- Yank Acme 1.1 by maintainer: crashes at start\n")
    assert "Altpress-Decision: comment:" in site.message()
    assert (
        f"Committed as [`{site.head()[:7]}`]({site.bot.hub.sandbox.html}/{SITE}/commit/{site.head()})"
        in reply
    )
    assert site.reactions() == DONE
    assert site.open_requests() == 0
