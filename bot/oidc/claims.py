"""No I/O. What a token of GitHub Actions says; the claims that are not read are passed over.

Numbers of repositories, runs and owners come as strings. `sub` is not read: organisations shape it as they
like, and newer ones carry ids in it.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.errors import BadToken

_NAME = "[A-Za-z0-9_.-]{1,100}"
# pydantic's regular expressions are Rust's: `$` is the very end, with no newline before it
FullName = Annotated[str, StringConstraints(pattern=rf"^{_NAME}/{_NAME}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Ref = Annotated[str, StringConstraints(max_length=1024)]
TAGS = "refs/tags/"


class Claims(BaseModel):
    """A job, as its GitHub describes it."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    iss: str
    aud: Text  # one; GitHub never sends a list
    jti: Text  # of this one token
    exp: int  # seconds since 1970, as the two below
    iat: int
    nbf: int | None = None
    repository: FullName  # whose workflow runs
    repository_id: Number
    repository_owner: Text
    event_name: Word = "unknown"
    ref: Ref = ""
    ref_type: str = ""
    run_id: Number | None = None
    run_attempt: Number | None = None

    @property
    def number(self) -> int:
        """The repository's id."""
        return int(self.repository_id)

    @property
    def tag(self) -> str | None:
        """The tag that the run is of; a run for a release has the release's."""
        if self.ref_type == "tag" and self.ref.startswith(TAGS):
            return self.ref.removeprefix(TAGS) or None
        return None

    @property
    def is_of_pull_request(self) -> bool:
        """Whether the run belongs to a pull request: it may execute what somebody without rights proposed."""
        return self.event_name.startswith("pull_request") or self.ref.startswith("refs/pull/")


def parse_claims(payload: Mapping[str, Any]) -> Claims:
    """Raises BadToken for what GitHub Actions would not say; no value is ever shown."""
    try:
        return Claims.model_validate(payload)
    except ValidationError as error:
        place = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
        name = str(place[0]) if place else "its claims"
        raise BadToken(
            f"The token is none of GitHub Actions: {name} is missing or not as expected."
        ) from None
