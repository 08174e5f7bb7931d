"""What a commit says of its causes: bounded, and found again."""

from bot.records import Cause, CauseKind
from bot.source.message import build_body, names_cause


def test_a_message_of_many_causes_is_bounded_and_counts_the_rest() -> None:
    causes = [
        Cause(kind=CauseKind.RELEASE, delivery=f"guid-{n:03}", repository="acme/app", tag=f"v{n}")
        for n in range(300)
    ]
    body = build_body(["Acme 1.0 added"], [], causes)
    lines = body.splitlines()
    assert sum(line.startswith("- release acme/app@v") for line in lines) == 50
    assert "- and 250 more" in lines
    assert sum(line.startswith("Altpress-Delivery: guid-") for line in lines) == 100
    assert {"Altpress-Delivery: and 200 more", "Altpress-Release: and 200 more"} <= set(lines)
    assert len(body) < 20_000


def test_a_message_names_its_causes() -> None:
    made = [
        Cause(kind=CauseKind.RELEASE, delivery="guid-1", repository="acme/app", tag="v1"),
        Cause(kind=CauseKind.SWEEP),
        Cause(kind=CauseKind.COMMAND, actor="maintainer", text="/rebuild app"),
    ]
    message = f"Publish\n\n{build_body(['Acme 1.0 added'], [], made)}\n"
    assert all(names_cause(message, cause) for cause in made)
    others = [
        Cause(kind=CauseKind.RELEASE, delivery="guid-2", repository="acme/app", tag="v1"),
        Cause(kind=CauseKind.CATALOG),
        Cause(kind=CauseKind.COMMAND, actor="visitor", text="/rebuild app"),
    ]
    assert not any(names_cause(message, cause) for cause in others)
    assert not names_cause("Because I can\n\n- a comparison with GitHub\n", Cause(kind=CauseKind.SWEEP))
