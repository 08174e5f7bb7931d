"""A version that waits, as the site's issue announces it."""

import pytest

from bot.records import Verdict
from bot.replies.approval import render_wait
from bot.source.waiting import APPROVAL, Wait
from tests.unit.source.values import catalog, record

EVIL = "</details>\n<!-- altpress:said:x -->\n/yank app 1.0 @everyone `"


def wait(gate: str = "approve: permissions", **more) -> Wait:
    refused = Verdict(accepted=False, code=APPROVAL, reason="It waits.")
    return Wait(record(2, "1.1", verdict=refused), catalog(gate).apps[0], more.pop("before", "1.0"), **more)


def test_the_difference_is_listed():
    told = render_wait(
        wait(entitlements=("a.b",), privacy={"NSCameraUsageDescription": "To see.", "NSMic": " "})
    )
    assert told == (
        "**`app`** 1.1, release [v1.1](https://github.com/acme/app/releases/tag/v1.1), waits for approval: "
        "it asks for more than 1.0.\n\n"
        "New entitlements:\n\n- `a.b`\n\n"
        "New privacy keys:\n\n- `NSCameraUsageDescription`: “To see.”\n- `NSMic`: without a usage text\n\n"
        "`/approve app 1.1` lets it through; so does the button in the dashboard. Until then, what is "
        "published stays as it is."
    )


@pytest.mark.parametrize(
    ("waits", "words"),
    [
        (wait("approve: always"), "waits for approval, as every new version of this app does."),
        (wait(entitlements=("a",), before=None), "asks for more than the hand-made source declared."),
        (
            wait("cooldown: 90m", until=1_800_000_000.0),
            "cools down until 2027-01-15 08:00 UTC, 90 minutes after its upload.\n\nIt is published",
        ),
    ],
)
def test_the_reason_is_told(waits, words):
    assert words in render_wait(waits)


def test_hostile_words_do_nothing_and_are_cut():
    told = render_wait(
        wait(before=EVIL, entitlements=tuple(f"{EVIL}{n}" for n in range(500)), privacy={EVIL: EVIL * 1_000})
    )
    assert len(told) < 40_000
    assert "<!--" not in told
    assert not any(line.startswith("/yank") for line in told.splitlines())
    assert "@everyone" not in told.replace("`", "").split("New entitlements")[0]
    assert told.count("</details>") == 1 + told.count("`</details>"), "the fold's own, else in code"
