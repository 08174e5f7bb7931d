"""What a catalog says about staging must fit together. No I/O."""

from collections.abc import Iterator, Sequence
from typing import Any

_ALONE = "no output is without `stage`: nothing would ever be public; add one that is not a stage"
_NO_STAGE = "needs an output with `stage: true`: without, every version is public at once"


def check_stages(
    data: dict[str, Any], outputs: Sequence[dict[str, Any]]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Paths into the catalog, and what is wrong there. Values of wrong types are told elsewhere."""
    stages = [index for index, output in enumerate(outputs) if output.get("stage", False) is not False]
    if stages and len(stages) == len(outputs):
        yield ("outputs", stages[0], "stage"), _ALONE
    if "promote-after" in data and not stages:
        yield ("promote-after",), _NO_STAGE
