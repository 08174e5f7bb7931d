"""A lost database while something that was decided waits in a pull request."""

from tests.deciding import DECISIONS, SITE, Site
from tests.installation import Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]
CATALOG = "name: Acme Apps\nmode: pull-request\napps:\n  - id: app\n    repository: acme/app\n"


def test_it_waits_on(installation: Installation) -> None:
    site = Site(installation).start("1.0", catalog=CATALOG)
    assert "It waits in" in site.say("/yank app 1.0")
    with installation.emptied() as fresh:
        for tag in ("v1.1", "v1.2"):
            fresh.hub.release(tag)
            fresh.sweep()
        [pull] = fresh.hub.get(f"/repos/{SITE}/pulls?state=open")
        proposed = fresh.hub.git(SITE, "show", f"{pull['head']['ref']}:{DECISIONS}")
        assert '"yank"' in proposed
        listed = fresh.hub.git(SITE, "show", f"{pull['head']['ref']}:apps.json")
        assert '"1.2"' in listed
        assert '"1.0"' not in listed
