"""What altpress says about a push that may not mean what its author thinks, as Markdown. No I/O."""

from collections.abc import Sequence

from bot.replies.pulls import Located, describe_located
from bot.replies.text import bullets, code


def render_remarks(remarks: Sequence[Located], dropped: Sequence[str], marker: str) -> str:
    """On the commit; `dropped` are outputs that the catalog names no more."""
    parts = []
    if remarks:
        parts.append("altpress takes this commit as it is. Did you mean it so?")
        parts.append(bullets([describe_located(one) for one in remarks], "remark"))
    if dropped:
        names = ", ".join(code(path) for path in dropped[:20])
        parts.append(
            f"The catalog no longer names {names}: the file stays as it was published last, and who added "
            "its address hears of no new version. Name it again, or delete it by hand if nobody uses it."
        )
    return "\n\n".join((*parts, marker))
