"""What a commit says is read back as it was meant."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.records import Cause, CauseKind
from bot.source.history import is_altpress, parse_message
from bot.source.message import build_body

GUIDS = tuple(f"{n:08x}-0000-11ef-8000-{n:012x}" for n in range(1, 9))
RELEASE = Cause(
    kind=CauseKind.RELEASE, delivery=GUIDS[0], repository="acme/app", tag="v1.0",
    url="https://github.com/acme/app/releases/tag/v1.0",
)  # fmt: skip
COMMAND = Cause(
    kind=CauseKind.COMMAND, delivery=GUIDS[1], actor="mia", text="/rebuild app", url="https://github.com/x#y"
)
CATALOG = Cause(kind=CauseKind.CATALOG, delivery=GUIDS[2], url="https://github.com/acme/source/commit/1")
SWEEP = Cause(kind=CauseKind.SWEEP)


def read(causes, changes=("Acme 1.0 added",)):
    told = parse_message(f"Publish Acme 1.0\n\n{build_body(changes, [], causes)}\n")
    assert told is not None
    return told


@pytest.mark.parametrize(
    "causes",
    [
        (RELEASE,),
        (COMMAND,),
        (CATALOG,),
        (SWEEP,),
        (SWEEP.model_copy(update={"origin": "sweep-1a2b3c4d"}), RELEASE),
        (RELEASE, RELEASE.model_copy(update={"delivery": GUIDS[3]}), COMMAND, CATALOG, SWEEP),
        (Cause(kind=CauseKind.COMMAND, actor="dashboard", text="/rebuild"),),
        (Cause(kind=CauseKind.PULL, delivery=GUIDS[4], text="the pull request 7 was merged"), RELEASE),
    ],
)
def test_the_causes_come_back(causes):
    assert read(causes).causes == causes


def test_subject_and_changes_come_back():
    told = read((RELEASE,), ("Acme 1.0 added", "The source changed: name @mia https://x.example"))
    assert told.subject == "Publish Acme 1.0"
    assert told.changes == ("Acme 1.0 added", "The source changed: name @mia https://x.example")


def test_what_was_taken_over_stands_in_between():
    message = (
        f"Start\n\nTaken over from the hand-made source:\n- x\n\n{build_body(['A 1 added'], [], [RELEASE])}\n"
    )
    told = parse_message(message)
    assert told is not None
    assert (told.changes, told.causes) == (("A 1 added",), (RELEASE,))


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Edit",
        "Edit\n\nAltpress-Delivery: 1\n\nand more",
        "Publish Acme 1.0\n\n- Acme 1.0 added",
        "\n\n\n",
    ],
)
def test_commits_of_people_are_told_apart(message):
    assert parse_message(message) is None
    assert not is_altpress(message)


def test_no_delivery_is_lost_in_a_large_merge():
    causes = [RELEASE.model_copy(update={"delivery": f"{n:08x}-1", "tag": f"v{n // 9}"}) for n in range(100)]
    told = read(causes)
    assert sorted(c.delivery or "" for c in told.causes) == sorted(c.delivery or "" for c in causes)
    many = [RELEASE.model_copy(update={"delivery": f"{n:08x}-1", "tag": f"v{n}"}) for n in range(100)]
    assert {c.delivery for c in read(many).causes} == {c.delivery for c in many}


WORDS = st.text(string.printable + "äé\u200b@#[]()", max_size=30)


CAUSES = st.builds(
    Cause, kind=st.sampled_from(CauseKind), delivery=st.sampled_from(GUIDS), actor=WORDS, text=WORDS,
    repository=WORDS, tag=WORDS, url=WORDS,
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(CAUSES, min_size=1, max_size=5), WORDS)
def test_every_delivery_comes_back_whatever_people_wrote(causes, change):
    told = read(causes, [change])
    assert {c.delivery for c in told.causes} == {c.delivery for c in causes}


@given(st.text(string.printable, max_size=300))
def test_any_text_is_read_without_harm(text):
    parse_message(text)
    parse_message(f"{text}\n\nAltpress-Delivery: x")
