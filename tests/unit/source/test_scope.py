"""What is told of a site in an app's repository: that app, and what nobody can make look like it."""

import pytest

from bot.records import Verdict
from bot.source.preview import choose_scope
from tests.unit.source.values import catalog, record

OTHERS = {"bundle_identifier": "com.acme.secret"}
REFUSED = Verdict(accepted=False, code="bundle_id_mismatch", reason="It has another bundle ID.")
CLIENT = Verdict(accepted=False, code="client.altstore.duplicate", reason="There is one already.")
WAITS = Verdict(accepted=False, code="waiting.approval", reason="It asks for more.")


@pytest.mark.parametrize("verdict", [REFUSED, CLIENT])
def test_a_refused_file_shows_no_other_app(verdict):
    records = [record(1, "1.0"), record(2, "1.1", inside=OTHERS, verdict=verdict)]
    assert choose_scope(["app"], catalog(), records).bundles == {"com.acme.app"}


def test_a_waiting_one_is_the_apps():
    assert choose_scope(["app"], catalog(), [record(1, "1.0", verdict=WAITS)]).bundles == {"com.acme.app"}
