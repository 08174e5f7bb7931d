"""What an update changes, and who is offered it."""

import pytest

from bot.clients import Changes, changes_since, offers_update
from bot.records import Facts

OLD = Facts(bundle_identifier="com.ex.a", name="A", version="1.0", build_version="1")


def new(**changes):
    return OLD.model_copy(update=changes)


@pytest.mark.parametrize(
    ("before", "after", "expected", "sentence"),
    [
        ({}, {"entitlements": ("b", "a")}, {"entitlements_added": ("a", "b")}, "a, b"),
        ({"entitlements": ("a",)}, {}, {"entitlements_removed": ("a",)}, "gives up entitlements: a"),
        ({}, {"privacy": {"NSX": ""}}, {"privacy_added": ("NSX",)}, "new privacy keys: NSX"),
        ({"privacy": {"NSX": "x"}}, {}, {"privacy_removed": ("NSX",)}, "drops privacy keys: NSX"),
        ({"min_os_version": "15.0"}, {"min_os_version": "16"}, {"min_os_raised": ("15.0", "16")}, "iOS 16"),
        ({}, {"min_os_version": "16.4"}, {"min_os_raised": ("1.0", "16.4")}, "iOS 16.4 instead of 1.0"),
        ({}, {"device_families": (1, 2)}, {"families_added": ("iPad",)}, "now runs on: iPad"),
        ({"device_families": (1, 2)}, {"device_families": (2,)}, {"families_removed": ("iPhone",)}, "iPhone"),
    ],
)
def test_changes(before, after, expected, sentence):
    changes = changes_since(new(**before), new(**after))
    assert changes == Changes(**expected)
    (said,) = changes.sentences()
    assert sentence in said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"min_os_version": "15.0"}, {"min_os_version": "15"}),
        ({"min_os_version": "16.0"}, {"min_os_version": "15.0"}),
        ({"privacy": {"NSX": "a"}}, {"privacy": {"NSX": "b"}}),
        ({}, {"device_families": (1,)}),
        ({}, {"version": "2.0"}),
    ],
)
def test_what_nobody_notices(before, after):
    changes = changes_since(new(**before), new(**after))
    assert not changes
    assert changes.sentences() == []


@pytest.mark.parametrize(
    ("row", "installed", "listed", "altstore", "sidestore"),
    [
        ("same", ("1.2.0", None), ("1.2.0", None), False, False),
        ("same", ("1.2.0", ""), ("1.2.0", None), False, False),
        ("beside I63", ("1.2.0", None), ("1.1.0", None), True, False),
        ("I65", ("1.2", None), ("1.3", None), True, True),
        ("I65", ("1.3", None), ("1.2", None), True, True),
        ("beside I65", ("1.2.0", "1"), ("1.2.0", "2"), True, False),
        ("beside I65", ("1.2.0", None), ("1.2.0", "2"), True, False),
        ("I67", ("1.9.0", None), ("1.10.0", None), True, True),
        ("previews", ("1.2.0-beta.2", None), ("1.2.0-beta.10", None), True, True),
        ("previews", ("1.2.0-beta", None), ("1.2.0", None), True, True),
        ("previews", ("1.2.0", None), ("1.2.0-rc", None), True, False),
        ("metadata", ("1.2.0+1", None), ("1.2.0+2", None), True, False),
    ],
)
def test_who_is_offered_an_update(row, installed, listed, altstore, sidestore):
    assert offers_update("altstore", installed, listed) is altstore, row
    assert offers_update("altstore-2.0", installed, listed) is altstore, row
    assert offers_update("sidestore", installed, listed) is sidestore, row
