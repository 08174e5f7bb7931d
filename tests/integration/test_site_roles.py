"""The role on a site's own repository, asked for in an app's repository that is somebody else's."""

import pytest

from bot.github.shapes import IssueComment
from jobs.deciding import DecidingWorld
from tests.installation import KEY, empty_stores, installation
from tests.talk import start

__all__ = ["empty_stores", "installation"]


@pytest.mark.parametrize(("login", "role"), [("maintainer", "admin"), ("developer", "read")])
def test_it_is_looked_up_on_the_site(installation, login, role):
    start(installation)
    at = "2026-01-01T00:00:00Z"
    comment = IssueComment(7, login, "User", "/approve app 1.0", at, at, "https://h/dev/app/issues/1")
    world = DecidingWorld(installation.context, comment, None, "dev/app", 1)
    assert world.role(KEY) == role
