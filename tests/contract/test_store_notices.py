"""What was told and what is to be, on each engine."""

from bot.records import Cause, CauseKind, Notice, NoticePlace, SiteIssue, Trouble
from bot.store import Store
from tests.contract.test_store import at_once

SITE, NOW = "acme/source@main", 1_700_000_000_000
NOTICE = Notice(place=NoticePlace.COMMIT, repository="acme/source", where="abc", body="x\n<!-- m -->")


def test_a_notice_waits_until_it_is_told(any_store: Store) -> None:
    notices = any_store.notices
    posted = at_once(6, lambda: notices.post(SITE, "key", NOTICE, NOW))
    assert sorted(map(bool, posted)) == [False] * 5 + [True]
    assert notices.due(SITE, NOW) == [("key", NOTICE)]
    assert notices.due("other/source@main", NOW) == []
    notices.told("key")
    assert notices.due(SITE, NOW) == []
    assert notices.post(SITE, "key", NOTICE, NOW) is False
    assert (notices.is_known("key"), notices.was_refused("key")) == (True, False)


def test_it_is_put_off_and_given_up(any_store: Store) -> None:
    notices = any_store.notices
    notices.post(SITE, "key", NOTICE, NOW)
    again = NOTICE.model_copy(update={"tries": 1})
    notices.put_off("key", again, NOW + 10)
    assert notices.due(SITE, NOW) == []
    assert notices.due(SITE, NOW + 10) == [("key", again)]
    notices.told("key", refused=True)
    assert notices.was_refused("key")


def test_the_oldest_is_told_first_and_a_renamed_site_keeps_its_own(any_store: Store) -> None:
    notices = any_store.notices
    for number in (2, 1, 3):
        notices.post(SITE, f"key{number}", NOTICE, NOW + number)
    notices.move(SITE, "acme/new@main")
    assert [key for key, _ in notices.due("acme/new@main", NOW + 9)] == ["key1", "key2", "key3"]


def test_only_what_was_told_is_forgotten(any_store: Store) -> None:
    notices = any_store.notices
    notices.post(SITE, "waits", NOTICE, NOW)
    notices.post(SITE, "told", NOTICE, NOW)
    notices.told("told")
    notices.claim("claimed", NOW)
    notices.claim("young", NOW + 2)
    notices.purge(NOW + 1)
    known = [notices.is_known(key) for key in ("waits", "told", "claimed", "young")]
    assert known == [True, False, False, True]


def test_troubles_are_news_once_until_they_are_mended(any_store: Store) -> None:
    reports, trouble = (
        any_store.reports,
        Trouble(kind="file", key="altpress.yml", fields={"rows": [[1, "x"]]}),
    )
    assert [reports.note(SITE, trouble), reports.note(SITE, trouble)] == [True, False]
    other = Trouble(kind="blocked", fields={"reason": "no"})
    assert reports.note(SITE, other)
    assert reports.note("acme/source@mainer", other), "another site"
    assert reports.troubles(SITE) == [other, trouble]
    assert [reports.clear(SITE, "blocked"), reports.clear(SITE, "blocked")] == [True, False]
    assert reports.troubles(SITE) == [trouble]


def test_one_at_a_time_writes_into_an_issue(any_store: Store) -> None:
    reports = any_store.reports
    taken = at_once(6, lambda: reports.take(SITE, NOW, NOW + 60))
    assert sorted(map(bool, taken)) == [False] * 5 + [True]
    assert not reports.take(SITE, NOW + 59, NOW + 100)
    assert reports.take(SITE, NOW + 60, NOW + 100), "its worker was killed"
    reports.give_back(SITE)
    assert reports.take(SITE, NOW + 61, NOW + 100)


def test_a_report_knows_for_whom_it_is_once(any_store: Store) -> None:
    reports = any_store.reports
    first, second = (Cause(kind=CauseKind.SWEEP, delivery=guid) for guid in ("1-a", "2-b"))
    for causes in ([first], [first, second]):
        reports.ask(SITE, causes)
    assert reports.take(SITE, NOW, NOW + 1), "a row that was asked for can be taken"
    assert reports.take_asked(SITE) == [first, second]
    assert reports.take_asked(SITE) == []


def test_a_renamed_site_keeps_its_issue(any_store: Store) -> None:
    reports = any_store.reports
    assert reports.find_issue(SITE) is None
    issue = SiteIssue(number=7, url="https://h", digest="d", keys=("a",), open=True, written_ms=NOW)
    reports.save_issue(SITE, issue)
    assert reports.find_issue(SITE) == issue
    reports.note(SITE, Trouble(kind="blocked"))
    reports.move(SITE, "acme/new@main")
    moved = reports.find_issue("acme/new@main")
    assert moved == issue.model_copy(update={"digest": ""}), "it is written again, for the new name"
    assert reports.troubles("acme/new@main") == [Trouble(kind="blocked")]
    assert (reports.find_issue(SITE), reports.troubles(SITE)) == (None, [])
    assert reports.take("acme/new@main", NOW, NOW + 1)
