"""The text of the site's issue: what it says of each cause, its length, and foreign words in it."""

from typing import Any

import pytest

from bot.records import Delivery, DeliveryState, Record, Trouble, Verdict
from bot.replies.length import measure
from bot.replies.site_issue import (
    digest_entries,
    mark_digest,
    mark_issue,
    render_issue_title,
    render_site_issue,
)
from bot.replies.standing import (
    Entry,
    describe_failed,
    describe_moved,
    describe_rejected,
    describe_silence,
    describe_trouble,
    describe_waiting,
)
from tests.unit.source.values import record

SITE, PAGE = "acme/source@main", "https://github.com/acme/source"
MARK = mark_issue(7, "main")
HOSTILE = "@everyone</details><!-- x --> `y` #1 https://evil.example\n/yank app 1.0"


def refused(code: str, reason: str = "It is bad", **changes: Any) -> Record:
    return record(verdict=Verdict(accepted=False, code=code, reason=reason), **changes)


def trouble(kind: str, key: str = "", **fields: object) -> Entry:
    entry = describe_trouble(Trouble(kind=kind, key=key, fields=fields), SITE, PAGE)
    assert entry is not None
    return entry


def render(*entries: Entry) -> str:
    return render_site_issue(entries, SITE, digest_entries(entries, SITE, "issue"), MARK)


@pytest.mark.parametrize(
    ("code", "number", "cure"),
    [
        ("bundle_id_mismatch", "VerificationError 101", "Replace the file, or publish a new release."),
        ("changed_bytes", "VerificationError 103", "Publish a higher version or build."),
        ("bad_ipa.no_info_plist", "OperationError 1007", "Put a whole IPA in its place"),
        ("bad_ipa.no_app", "missingAppBundle", "Put a whole IPA in its place"),
        ("bad_ipa.too_large", "", "Put a whole IPA in its place"),
        ("client.altstore.duplicateVersion", "", "Mend the catalog where it says that value"),
    ],
)
def test_a_file_is_told_with_the_clients_number_and_what_to_do(code: str, number: str, cure: str) -> None:
    line = describe_rejected("app", refused(code), "told").line
    for expected in (f"`{code}`", number, cure, "It is bad.", "`/retry app`"):
        assert expected in line


def test_the_clients_own_words_have_their_number() -> None:
    reason = "altstore would refuse the source: SourceError 2: two versions are alike"
    assert "SourceError 2" in describe_rejected("app", refused("client.altstore.x", reason), "t").line


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (describe_waiting("app", record(version="1.2")), "`/approve app 1.2`"),
        (trouble("blocked", cause="c", reason="it is protected"), "it is protected."),
        (trouble("outputs", problems=["apps > 0: bad"]), "apps \\> 0: bad"),
        (trouble("app", "app", repository="a/b", reason="it is private"), "`/retry app`"),
        (trouble("not_live", commit="c" * 40, missing=[["https://x/a", "404"]]), "`https://x/a`: 404"),
        (describe_moved("acme/old", "acme/new"), "write `acme/new` into the catalog"),
        (describe_silence("acme/app", ["v1.0"]), "No webhooks arrive from `acme/app`: `v1.0`"),
    ],
)  # fmt: skip
def test_every_cause_says_what_to_do(entry: Entry, said: str) -> None:
    text = render(entry)
    assert said in text
    assert f"### {entry.section}" in text
    assert f":{entry.key.partition(':')[0]}:" in text, "its mark"


def test_a_file_of_the_site_is_linked_at_its_lines() -> None:
    rows = [[3, "apps > 0", "is nonsense"], [None, "", "is empty"]]
    text = render(trouble("file", "altpress.yml", commit="c" * 40, problems=rows))
    assert f"[line 3]({PAGE}/blob/{'c' * 40}/altpress.yml#L3), `apps > 0`: is nonsense" in text
    assert "the file is empty" in text
    assert f"{PAGE}/commit/{'c' * 40}" in text


def test_deliveries_that_failed_alike_are_one_entry() -> None:
    failed = [
        Delivery(
            guid=f"{n:08x}-0000", event="release", action="published", repository="acme/app",
            state=DeliveryState.FAILED, received_ms=n, reason="no",
        )
        for n in range(30)
    ]  # fmt: skip
    text = render(describe_failed("no", failed))
    assert "30 deliveries failed: no." in text
    assert "`/retry 00000000`" in text
    assert "… and 10 more" in text


def test_a_kind_of_a_newer_altpress_is_passed_over() -> None:
    assert describe_trouble(Trouble(kind="later"), SITE, PAGE) is None


def test_foreign_words_stay_words() -> None:
    hostile = refused("x", HOSTILE, asset_name=HOSTILE, tag=HOSTILE)
    text = render(
        describe_rejected("app", hostile, "t"),
        describe_waiting("app", record(tag=HOSTILE, version=HOSTILE)),
        trouble("blocked", reason=HOSTILE),
        trouble("file", "altpress.yml", commit="c" * 40, problems=[[1, HOSTILE, HOSTILE]]),
        trouble("app", "app", repository=HOSTILE, reason=HOSTILE),
        trouble("not_live", commit=HOSTILE, missing=[[HOSTILE, HOSTILE]]),
        describe_silence(HOSTILE, [HOSTILE]),
        describe_moved(HOSTILE, HOSTILE),
    )
    outside = "".join(part for number, part in enumerate(text.split("`")) if number % 2 == 0)
    for harm in ("@everyone", "</details>", "<!-- x", "#1 ", "https://evil"):
        assert harm not in outside
    assert not any(line.lstrip("- ").startswith("/") for line in text.splitlines())


def test_it_is_never_longer_than_github_takes_and_keeps_its_marks() -> None:
    long = [refused("bad_ipa.no_app", "€" * 5_000, asset_id=number) for number in range(400)]
    entries = [describe_rejected("app", one, "t") for one in long]
    text = render(*entries)
    assert measure(text) < 65_536
    assert text.endswith(f"{mark_digest(digest_entries(entries, SITE, 'issue'))}\n{MARK}")
    assert text.count("<details>") == text.count("</details>")


def test_the_digest_is_of_what_is_told_and_where() -> None:
    one, two = describe_silence("a/b", ["v1"]), describe_silence("a/b", ["v1", "v2"])
    digests = {
        digest_entries([one], SITE, "issue"), digest_entries([two], SITE, "issue"),
        digest_entries([], SITE, "issue"), digest_entries([one], SITE, "commit"),
        digest_entries([one], "acme/other@main", "issue"),
    }  # fmt: skip
    assert len(digests) == 5
    assert digest_entries([one], SITE, "issue") in digests


def test_nothing_wrong_is_said_and_a_branch_of_its_own_is_named() -> None:
    assert "Nothing is wrong with `acme/source@main` now" in render()
    assert render_issue_title("main", "main") == "altpress: state of this source"
    assert render_issue_title("beta", "main") == "altpress: state of this source (beta)"
