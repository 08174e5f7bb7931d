"""What a catalog says about staging and archives must leave an output for everybody. No I/O."""

from collections.abc import Iterator, Sequence
from typing import Any

_ALONE = "no output is without `stage`: nothing would ever be public; add one that is not a stage"
_ARCHIVED = (
    "nothing is listed before `keep` leaves it out: add an output that is neither an archive nor a stage"
)
_NO_STAGE = "needs an output with `stage: true`: without, every version is public at once"


def check_stages(
    data: dict[str, Any], outputs: Sequence[dict[str, Any]]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Paths into the catalog, and what is wrong there. Values of wrong types are told elsewhere."""
    stages = [index for index, output in enumerate(outputs) if output.get("stage", False) is not False]
    if stages and len(stages) == len(outputs):
        yield ("outputs", stages[0], "stage"), _ALONE
    public = [index for index in range(len(outputs)) if index not in stages]
    if public and all(outputs[index].get("archive") is True for index in public):
        yield ("outputs", public[0], "archive"), _ARCHIVED
    if "promote-after" in data and not stages:
        yield ("promote-after",), _NO_STAGE
