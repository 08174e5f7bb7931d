"""`keep` never takes the newest version that a device can run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog import App
from bot.clients.system import parse_system, supports
from bot.lock import Adopted
from bot.source.listing import View, list_versions
from bot.source.retention import find_first, find_kept, systems_of
from bot.source.select import select_app
from tests.unit.source.values import NO_DECISIONS, decided, record


def ranges(text):
    """`17 15 15-16.4` -> what each version runs on."""
    pairs = [word.partition("-")[::2] for word in text.split()]
    return [(parse_system(low), parse_system(high) if high else None) for low, high in pairs]


@pytest.mark.parametrize(
    ("listed", "keep", "kept"),
    [
        ("15 15 15 15", 2, "0 1"),
        ("15 15", 2, "0 1"),
        ("15", 5, "0"),
        ("", 1, ""),
        ("17 17 15 15", 1, "0 2"),  # the newest for 15 stays
        ("17 17 16 15 16 15", 1, "0 2 3"),
        ("17 16 15 14", 2, "0 1 2 3"),
        ("15 17 16 14", 1, "0 3"),  # iOS 16 and 17 run the first one
        ("17.0 17 16.9", 1, "0 2"),
        ("15 17", 1, "0"),
        ("0 15", 1, "0"),
        ("15-16 15", 1, "0 1"),  # 17 runs the second one alone
        ("15-16 15-16 17-18 15", 1, "0 2 3"),
        ("16-15 15", 1, "0 1"),  # the first runs nowhere
        ("17 16-15 15", 1, "0 2"),
    ],
)
def test_what_is_kept(listed, keep, kept):
    assert sorted(find_kept(ranges(listed), keep)) == [int(place) for place in kept.split()]


def test_without_keep_all_are():
    assert find_kept(ranges("15 15 15"), None) == {0, 1, 2}


def test_systems_as_the_clients_read_them():
    assert systems_of(record(inside={"min_os_version": "15"})) == ((15, 0, 0), None)
    assert systems_of(record(inside={"min_os_version": None})) == ((0, 0, 0), None)
    assert systems_of(record(inside={"min_os_version": "iOS 15"})) == ((0, 0, 0), None)
    entry = {"version": "1.0", "minOSVersion": "14.2", "maxOSVersion": "16"}
    assert systems_of(Adopted(scope="version", entry=entry)) == ((14, 2, 0), (16, 0, 0))


NUMBER = st.integers(12, 18).map(str) | st.builds("{}.{}".format, st.integers(12, 18), st.integers(0, 3))
ENTRIES = st.lists(
    st.fixed_dictionaries({}, optional={"minOSVersion": NUMBER | st.just("x"), "maxOSVersion": NUMBER}),
    max_size=12,
)


@given(ENTRIES, st.integers(1, 4))
def test_every_system_is_offered_what_it_was_offered_without_keep(entries, keep):
    found = [systems_of(Adopted(scope="version", entry={"version": "1", **entry})) for entry in entries]
    kept = find_kept(found, keep)
    for system in [
        (major, minor, patch) for major in range(11, 20) for minor in range(5) for patch in (0, 1)
    ]:
        before = next((n for n, entry in enumerate(entries) if supports(entry, system)), None)
        after = next((n for n in sorted(kept) if supports(entries[n], system)), None)
        assert before == after
    needed = find_first(found)
    assert kept == needed | set(range(min(keep, len(entries))))
    for place in needed:  # and nothing stays in vain: each is the first for some system
        assert any(
            supports(entries[place], system) and not any(supports(one, system) for one in entries[:place])
            for system in _around(entries[place], entries[:place])
        )


def _around(entry, earlier):
    """The systems at which what is offered can change."""
    texts = [one.get(key) for one in (entry, *earlier) for key in ("minOSVersion", "maxOSVersion")]
    numbers = [parse_system(text) for text in texts if text] + [(0, 0, 0)]
    return [*numbers, *((major, minor, patch + 1) for major, minor, patch in numbers)]


SYSTEMS = st.none() | NUMBER


@given(st.data(), st.integers(1, 3), st.booleans(), st.booleans())
def test_no_device_is_offered_less_whatever_is_pinned_or_hand_made(data, keep, pinned, downgrades):
    records = [
        record(n, f"1.{n}", inside={"min_os_version": data.draw(SYSTEMS)})
        for n in range(1, data.draw(st.integers(1, 7)))
    ]
    lines = [
        Adopted(
            scope="version",
            app="app",
            index=n,
            entry={"version": f"1.{data.draw(st.integers(0, 9))}.{n}", **entry},
        )
        for n, entry in enumerate(data.draw(ENTRIES))
    ]
    pins = decided({"kind": "pin", "app": "app", "version": f"1.{data.draw(st.integers(1, 6))}"})
    offered = []
    for count in (keep, None):
        app = App(repository="acme/app", keep=count, downgrades=downgrades)
        listed = list_versions(select_app(app, records, lines, pins if pinned else NO_DECISIONS), View())
        entries = [_limits(version) for version in listed.versions]
        offered.append([
            next((name for name, limits in entries if supports(limits, (major, minor, 0))), None)
            for major in range(11, 20)
            for minor in range(5)
        ])  # fmt: skip
    assert offered[0] == offered[1]


def _limits(version):
    """A version's name and the limits that its entry tells."""
    if isinstance(version, Adopted):
        return version.entry["version"], version.entry
    return version.facts.version, {"minOSVersion": version.facts.min_os_version}


def test_what_is_kept_stays_in_the_order_that_it_had():
    records = [
        record(2, "2.0", inside={"min_os_version": "17"}),
        record(1, "1.6", inside={"min_os_version": "14"}),
    ]
    lines = [
        Adopted(scope="version", app="app", index=n, entry={"version": version, "minOSVersion": system})
        for n, (version, system) in enumerate((("1.5", "15"), ("1.8", "17")))
    ]
    app = App(repository="acme/app", keep=1)
    listed = list_versions(select_app(app, records, lines), View())
    assert [_limits(version)[0] for version in listed.versions] == ["2.0", "1.5", "1.6"]
