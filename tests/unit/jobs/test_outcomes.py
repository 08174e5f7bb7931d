"""What came of a decision, as it is told in an app's repository."""

from types import SimpleNamespace

import pytest

from bot.records import (
    Cause,
    CauseKind,
    DecisionRequest,
    RepositoryFacts,
    RequestProgress,
    SaidAnswer,
    Site,
    SiteState,
)
from jobs.outcomes import Outcomes

KEY = "acme/hidden@main"
PULL = "https://h/acme/hidden/pull/3"


def told(progress: RequestProgress, repository: str, *, private: bool) -> tuple[str, bool]:
    facts = RepositoryFacts(
        id=1, full_name="acme/hidden", owner="acme", private=private, default_branch="main",
        html_url="https://h/acme/hidden",
    )  # fmt: skip
    state = SiteState(site=Site(repository="acme/hidden", branch="main"), repository=facts)
    store = SimpleNamespace(
        decision_edits=SimpleNamespace(find=lambda site, request: progress),
        sites=SimpleNamespace(find=lambda key: state),
    )
    said = {0: SaidAnswer(line="/yank app 1.0", text="**Yank**", done=True, asked=((KEY, "comment:1:0"),))}
    [(_, text, done)] = Outcomes(SimpleNamespace(store=store), said).rendered(repository)
    return text, done


REQUEST = DecisionRequest(
    id="comment:1:0", edits=(), title="Yank", actor="dev", cause=Cause(kind=CauseKind.COMMAND), at_ms=0
)


@pytest.mark.parametrize(
    "fields",
    [
        {"pull": PULL, "reason": "It waits in pull request #3."},
        {"blocked": True, "reason": f"{KEY}: the branch takes no commit."},
    ],
)
def test_a_private_site_is_not_named_elsewhere(fields):
    progress = RequestProgress(request=REQUEST, **fields)
    text, done = told(progress, "dev/app", private=True)
    assert "hidden" not in text
    assert done is ("pull" in fields)
    for shown in (told(progress, "acme/hidden", private=True), told(progress, "dev/app", private=False)):
        assert "hidden" in shown[0]
