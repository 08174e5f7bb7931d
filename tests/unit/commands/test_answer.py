from dataclasses import dataclass, field

import pytest

from bot.commands import (
    COMMANDS,
    MOST_COMMANDS,
    Place,
    Reach,
    Reread,
    Role,
    answer_request,
    is_ours,
    parse_commands,
    refuse_rest,
)
from bot.errors import BadSource, BotError, NotFound, Unavailable

SITE = Place("acme/source", (Reach("acme/source@main", ("acme", "beta"), whole=True),))
APP = Place(
    "acme/app",
    tuple(Reach(site, ("acme",), whole=False) for site in ("acme/source@main", "other/site@main")),
)


@dataclass
class Rereads:
    """The port `World` without sites: remembers which apps of which sites were read again."""

    done: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)

    def reread(self, site, apps, line, *, scratch):
        self.done.append((site, apps, line))
        return Reread(3, 0, started=3) if scratch else Reread(releases=3, changed=1)


def answer_requests(requests, place, role, world):
    """Those of a comment, as its job does it."""
    ours = [request for request in requests if is_ours(request, in_site=place.is_site)]
    return [answer_request(one, place, role, world) for one in ours[:MOST_COMMANDS]] + refuse_rest(ours)


def answers(text, place=SITE, role="write", actions=None):
    return answer_requests(parse_commands(text, "altpress[bot]"), place, lambda: role, actions or Rereads())


def test_rebuild_reads_every_app_of_the_site_again():
    actions = Rereads()
    [answer] = answers("/rebuild", actions=actions)
    assert actions.done == [("acme/source@main", ("acme", "beta"), "/rebuild")]
    assert answer.done
    assert "3 releases" in answer.text
    assert "1 change found" in answer.text


def test_rebuild_with_a_name_reads_that_app_alone():
    actions = Rereads()
    answers("/rebuild ACME", actions=actions)
    assert actions.done == [("acme/source@main", ("acme",), "/rebuild ACME")]


def test_in_an_apps_repository_its_app_is_read_in_every_site_that_lists_it():
    actions = Rereads()
    answers("/rebuild", place=APP, actions=actions)
    assert [site for site, _, _ in actions.done] == ["acme/source@main", "other/site@main"]


def test_another_app_is_out_of_reach_there():
    actions = Rereads()
    [answer] = answers("/rebuild beta", place=APP, actions=actions)
    assert not answer.done
    assert not actions.done
    assert "`beta`" in answer.text


@pytest.mark.parametrize("role", ["none", "read", "triage", "something new"])
def test_a_refusal_names_the_role_and_does_nothing(role):
    actions = Rereads()
    [answer] = answers("/rebuild", role=role, actions=actions)
    assert not answer.done
    assert not actions.done
    assert "**write**" in answer.text


@pytest.mark.parametrize("role", ["write", "maintain", "admin"])
def test_write_or_more_may_rebuild(role):
    assert answers("/rebuild", role=role)[0].done


def test_help_needs_no_role_and_lists_every_command():
    [answer] = answers("/help", role="none")
    assert answer.done
    for command in COMMANDS.values():
        assert command.usage in answer.text
        assert command.summary in answer.text


def test_an_unknown_command_gets_the_nearest():
    [answer] = answers("/rebiuld acme")
    assert not answer.done
    assert "Did you mean `/rebuild`?" in answer.text
    assert all(f"`/{verb}`" in answer.text for verb in COMMANDS)


def test_an_unknown_app_gets_the_nearest_and_the_choices():
    [answer] = answers("/rebuild acne")
    assert not answer.done
    assert "Did you mean `acme`? Known: `acme`, `beta`." in answer.text


def test_a_full_stop_behind_an_app_says_nothing():
    actions = Rereads()
    answers("/rebuild Acme.", actions=actions)
    assert [apps for _, apps, _ in actions.done] == [("acme",)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/rebuild acme beta", "more than the command takes: `/rebuild [app] [--from-scratch]`"),
        ("/rebuild --force", "no option `--force`: it takes `--from-scratch`"),
        ("/help nothing", "no command `/nothing`"),
        ("/help statsu", "Did you mean `/status`?"),
    ],
)
def test_what_a_command_does_not_take_is_refused_before_anything_is_done(text, words):
    actions = Rereads()
    [answer] = answers(text, actions=actions)
    assert not answer.done
    assert words in answer.text
    assert not actions.done


def test_a_refusal_names_the_role_that_is_needed_and_the_one_at_hand():
    [answer] = answers("/rebuild", role="read")
    assert "needs the role **write**" in answer.text
    assert "yours is **read**" in answer.text


@pytest.mark.parametrize("text", ["/help rebuild", "/help /REBUILD"])
def test_help_explains_one_command(text):
    [answer] = answers(text, role="none")
    assert "`/rebuild [app] [--from-scratch]`" in answer.text
    assert "- `/rebuild acme --from-scratch`: reads every IPA" in answer.text
    assert "write or more" in answer.text
    assert "/status" not in answer.text


def test_more_commands_than_a_comment_may_hold_are_told():
    actions = Rereads()
    lines = "\n".join(
        f"/{verb}" for verb in ["rebuild", "help", "rebuild acme"] + [f"x{'y' * n}" for n in range(9)]
    )
    found = answers(lines, actions=actions)
    assert len(found) == MOST_COMMANDS + 1
    assert "**not** run" in found[-1].text
    assert found[-1].line == "/xyyyyyyy"
    assert len(actions.done) == 2


def test_an_unknown_command_far_from_all_is_answered_in_the_site():
    [answer] = answers("/frobnicate")
    assert not answer.done
    assert "`/help`" in answer.text


def test_other_bots_commands_in_a_developers_repository_are_left_alone():
    assert answers("/lgtm", place=APP) == []


def test_a_mention_is_answered_everywhere():
    assert len(answers("@altpress frobnicate", place=APP)) == 1


def test_one_refusal_does_not_stop_the_next_command():
    assert [a.done for a in answers("/rebuild nothing\n/help")] == [False, True]


def test_the_role_is_asked_for_each_command_that_needs_one():
    asked = []

    def role():
        asked.append(1)
        return "admin"

    answer_requests(parse_commands("/rebuild\n/help\n/rebuild acme", "altpress"), SITE, role, Rereads())
    assert len(asked) == 2


@pytest.mark.parametrize("error", [NotFound("acme/source is gone."), BadSource("It is no JSON.")])
def test_what_does_not_pass_is_told(error):
    class Failing(Rereads):
        def reread(self, site, apps, line, *, scratch):
            raise error

    [answer] = answers("/rebuild", actions=Failing())
    assert (answer.done, answer.text) == (False, error.public)


def test_what_is_for_the_operator_is_no_answer():
    class Failing(Rereads):
        def reread(self, site, apps, line, *, scratch):
            raise BotError

    with pytest.raises(BotError):
        answers("/rebuild", actions=Failing())


def test_what_passes_by_itself_is_not_told_as_a_refusal():
    def role():
        raise Unavailable("GitHub does not answer.")

    with pytest.raises(Unavailable):
        answer_requests(parse_commands("/rebuild", "altpress"), SITE, role, Rereads())


def test_roles_are_ordered_and_unknown_ones_reach_nothing():
    assert Role.of("maintain").reaches(Role.WRITE)
    assert not Role.of("triage").reaches(Role.WRITE)
    assert Role.of("owner") is Role.NONE
