"""`.altpress/decisions.json` and its bytes. No I/O."""

import json
from typing import Any

from pydantic import ValidationError

from bot.decisions.model import Decision, Decisions
from bot.errors import BadCatalog, FileProblem

PATH = ".altpress/decisions.json"
MAX_BYTES = 1024 * 1024
MAX_DECISIONS = 10_000  # more than fit into the file when they are whole; each empty one costs 20 µs
MAX_PROBLEMS = 200  # more are only counted
_SAID = {  # of Pydantic's kinds of errors
    "missing": "is missing and required",
    "string_type": "must be text, in quotes",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "tuple_type": "must be a list",
    "model_type": "must be an object",
}


def parse_decisions(data: bytes) -> Decisions:
    """The decisions in the file. Raises BadCatalog with every problem."""
    if len(data) > MAX_BYTES:
        raise _bad([FileProblem(None, "", "is larger than 1 MiB")])
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        raise _bad([FileProblem(error.lineno, "", f"is no JSON: {error.msg}")]) from None
    except (ValueError, RecursionError):  # no UTF-8, numbers of thousands of digits, nested too deep
        raise _bad([FileProblem(None, "", "is no JSON in UTF-8")]) from None
    except _DuplicateKey as error:
        raise _bad([FileProblem(None, "", f"gives the key `{error}` twice in one object")]) from None
    listed = document.get("decisions") if isinstance(document, dict) else None
    if isinstance(listed, list) and len(listed) > MAX_DECISIONS:
        raise _bad([FileProblem(None, "decisions", f"holds more than {MAX_DECISIONS:,} entries")])
    try:
        return Decisions.model_validate(document)
    except ValidationError as error:
        raise _bad([_translate(found) for found in error.errors(include_url=False)]) from None


def render_decisions(decisions: Decisions) -> bytes:
    """The file's bytes: two spaces, fixed key order, one newline at the end."""
    document = decisions.model_dump(mode="json", exclude_none=True)
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


class _DuplicateKey(Exception):
    pass


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKey(key[:60])
        found[key] = value
    return found


def _bad(problems: list[FileProblem]) -> BadCatalog:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return BadCatalog(f"{PATH} cannot be used: {problems[0]}{more}", problems[:MAX_PROBLEMS])


def _translate(error: Any) -> FileProblem:
    message = _SAID.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "enum":
        message = f"must be one of {error['ctx']['expected']}"
    if error["type"] == "string_pattern_mismatch":
        message = 'must be `<repository id>:<asset id>`, such as `"20002:31"`'
    if error["type"] == "extra_forbidden":
        allowed = Decision.model_fields if len(error["loc"]) > 1 else Decisions.model_fields
        message = f"is no key here; allowed: {', '.join(allowed)}"
    if not error["loc"]:
        message = "must be an object with the list `decisions`"
    return FileProblem(None, " > ".join(str(part)[:60] for part in error["loc"]), message)
