"""No confused deputy."""

import pytest

from bot.source.allowed import check_app_allowed
from tests.unit.source.values import catalog, repository

SITE = repository("acme/source", 1)
PLAIN = catalog().apps[0]
TEMPLATE = catalog("download-url: https://cdn.example/{asset}").apps[0]


@pytest.mark.parametrize(
    ("app_repository", "allow_file", "app", "reason"),
    [
        (repository("other/app"), None, PLAIN, None),
        (repository("other/app", private=True), None, TEMPLATE, "does not allow acme/source"),
        (repository("other/app", private=True), "", TEMPLATE, "does not allow acme/source"),
        (repository("other/app", private=True), "acme/sourcery\nacme/source2", TEMPLATE, "does not allow"),
        (repository("other/app", private=True), "# acme/source", TEMPLATE, "does not allow"),
        (repository("other/app", private=True), "# ours\r\n ACME/Source # yes\n", TEMPLATE, None),
        (repository("other/app", private=True), "acme/source", PLAIN, "give the app a public download-url."),
        (repository("Acme/app", private=True), None, TEMPLATE, None),
        (repository("acme/app", private=True), None, PLAIN, "give the app a public download-url."),
        (repository("acme-evil/app", private=True), None, TEMPLATE, "does not allow acme/source"),
    ],
)
def test_allowed(app_repository, allow_file, app, reason):
    found = check_app_allowed(SITE, app_repository, allow_file, app)
    assert (found is None) if reason is None else reason in found
