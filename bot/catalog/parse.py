"""`altpress.yml` -> Catalog, strictly. No I/O.

Every fault is told at once, with its line, its path and what is allowed; an unknown key with the key that
was probably meant.
"""

from collections.abc import Container, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.catalog.channels import check_channels
from bot.catalog.marketplace import check_marketplace
from bot.catalog.model import App, Catalog, News, Output
from bot.catalog.parts import Channel, Patreon, Screenshot
from bot.catalog.references import check_references, hint, id_of
from bot.catalog.stages import check_stages
from bot.catalog.texts import check_languages
from bot.catalog.yamltree import BadYaml, Node, line_of, parse_tree, path_of, plain_value, show
from bot.errors import BadCatalog, FileProblem

CATALOG_PATHS = ("altpress.yml", ".github/altpress.yml")  # in the site; the first that is there
MAX_BYTES = 1024 * 1024
MAX_PROBLEMS = 50  # more are only counted
_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): Catalog,
    ("apps",): App,
    ("apps", "channels"): Channel,
    ("apps", "screenshots"): Screenshot,
    ("apps", "patreon"): Patreon,
    ("outputs",): Output,
    ("news",): News,
}
_PLACES: dict[str, type[BaseModel]] = {"the source": Catalog, "an app": App, "an output": Output}
_TYPES = {
    "string_type": "must be text (put it in quotes)",
    "int_type": "must be a whole number",
    "bool_type": "must be `true` or `false`",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "missing": "is missing and required",
}
_CHANNEL = "must be lower-case letters, digits and dashes, such as `beta`"
_LANGUAGE = "is no language such as `de` or `zh-Hant`"
_PATTERNS: dict[str | int, str] = {
    "bundle-id": "must be a bundle ID: letters, digits, dots and dashes, such as `com.acme.app`",
    "tint-color": 'must be a colour as `"#RRGGBB"`, in quotes',
    "repository": "must be `owner/name`, as on GitHub",
    "marketplace-id": 'must be Apple\'s id of the app: digits in quotes, such as `"1234567890"`',
    "channel": _CHANNEL,
    "channels": _CHANNEL,
    "release-channels": _CHANNEL,
    "currency": "must be three letters, such as `EUR`",
    "language": _LANGUAGE,
    "subtitles": _LANGUAGE,
    "descriptions": _LANGUAGE,
}
_UNWRAPPED = (
    "needs a `download-url`: clients cannot open a zip around an IPA, so the IPA itself must be at a public "
    "address, in which `{file}` is its name"
)
_AppPath = tuple[str | int, ...]


def find_catalog(paths: Container[str]) -> str | None:
    """Where a branch with files at these paths has its catalog."""
    return next((path for path in CATALOG_PATHS if path in paths), None)


def parse_catalog(text: str) -> Catalog:
    """The catalog that `text` says. Raises BadCatalog with every problem found."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _bad([FileProblem(None, "", "is larger than 1 MiB")])
    try:
        root, problems = parse_tree(text)
    except BadYaml as error:
        raise _bad([error.problem]) from None
    data = plain_value(root)
    if not isinstance(data, dict):
        raise _bad(
            [FileProblem(root.line, "", "must be a mapping of keys to values, beginning with `name:`")]
        )
    problems += [_problem(root, path, message) for path, message in _cross_check(data)]
    try:
        catalog = Catalog.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        problems += [_translate(root, found) for found in error.errors(include_url=False) if not _echo(found)]
    if problems:
        raise _bad(problems)
    return catalog


def _bad(problems: list[FileProblem]) -> BadCatalog:
    ordered = sorted(dict.fromkeys(problems), key=lambda p: (p.line or 0, p.path))
    more = f" (and {len(ordered) - 1} more)" if len(ordered) > 1 else ""
    return BadCatalog(f"The catalog cannot be used: {ordered[0]}{more}", ordered[:MAX_PROBLEMS])


def _problem(root: Node, path: _AppPath, message: str) -> FileProblem:
    return FileProblem(line_of(root, path), " > ".join(show(str(part)) for part in path), message)


# ---- what one value says wrongly --------------------------------------------------------------------


def _translate(root: Node, error: Any) -> FileProblem:
    """Pydantic's finding in the words of this file."""
    path = path_of(root, error["loc"])
    return _problem(root, path, _message(path, error))


def _echo(error: Any) -> bool:
    """A list counts as too short when its entries are wrong; the entries' own problems are enough."""
    return error["type"] == "too_short" and len(error["input"]) > 0


def _message(path: _AppPath, error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "literal_error":
        return (
            f"must be one of {context['expected']}{hint(str(error['input']), _quoted(context['expected']))}"
        )
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        said = (_PATTERNS[part] for part in reversed(path) if part in _PATTERNS)
        return next(said, "may hold letters, digits, dots, dashes and underscores")
    return _TYPES.get(kind) or _bound(kind, context) or str(error["msg"])


def _bound(kind: str, context: dict[str, Any]) -> str | None:
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    if kind in ("too_long", "string_too_long"):
        unit = "characters" if kind == "string_too_long" else "entries"
        return f"is too long: at most {context['max_length']:,} {unit}"
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']}"
    return f"must be at most {context['le']}" if kind == "less_than_equal" else None


def _unknown_key(path: _AppPath) -> str:
    model = _MODELS.get(tuple(part for part in path[:-1] if isinstance(part, str)), Catalog)
    key, allowed = str(path[-1]), _keys(model)
    whose = [name for name, other in _PLACES.items() if key in _keys(other)]
    said = hint(key, allowed) or (f" but one of {' and of '.join(whose)}" if whose else "")
    return f"is no key here{said}; allowed: {', '.join(allowed)}"


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _quoted(expected: str) -> list[str]:
    """The words out of pydantic's "'a', 'b' or 'c'"."""
    return expected.split("'")[1::2]


# ---- what two values say together -------------------------------------------------------------------


def _cross_check(data: dict[str, Any]) -> Iterator[tuple[_AppPath, str]]:
    """What no single value shows; tolerant of values of wrong types, which are told elsewhere."""
    apps, outputs, news = (_entries(data.get(key)) for key in ("apps", "outputs", "news"))
    yield from _repeated(
        [id_of(app) for app in apps],
        "apps",
        "id",
        "is the id of another app too; give one of them an `id` of its own",
    )
    yield from _repeated(
        [_feed(app) for app in apps], "apps", "assets", "takes the same files as another app"
    )
    yield from _repeated(
        [_path(output) for output in outputs], "outputs", "path", "is another output's path too"
    )
    yield from _nested([_path(output) for output in outputs])
    yield from _repeated([str(n.get("identifier", "")) for n in news], "news", "identifier", "must be unique")
    for index, app in enumerate(apps):
        assets = app.get("assets")
        if isinstance(assets, tuple) and assets and all(str(glob).startswith("!") for glob in assets):
            yield ("apps", index, "assets"), "only excludes; add what is wanted, such as `*.ipa`"
        if app.get("wrapped") is True and not app.get("download-url"):
            yield ("apps", index, "wrapped"), _UNWRAPPED
        if "patreon" in app and not data.get("patreon-url"):
            yield (
                ("apps", index, "patreon"),
                "needs the catalog's `patreon-url`: without, nobody could pledge",
            )
        yield from ((("apps", index, *path), text) for path, text in check_languages(app, data))
    yield from check_languages(data, data)
    yield from check_marketplace(apps, outputs)
    yield from check_stages(data, outputs)
    yield from check_channels(apps, outputs or [{}])
    yield from check_references(data, apps, outputs, news)


def _entries(value: Any) -> list[dict[str, Any]]:
    """The list's entries; what is no mapping says nothing, so that indexes stay right."""
    nothing = {"path": ""}
    return (
        [entry if isinstance(entry, dict) else nothing for entry in value] if isinstance(value, tuple) else []
    )


def _repeated(names: list[str], where: str, key: str, message: str) -> Iterator[tuple[_AppPath, str]]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name and name in seen:
            yield (where, index, key), f"`{show(name.split(chr(0))[0])}` {message}"
        seen.add(name)


def _feed(app: dict[str, Any]) -> str:
    """What an app takes, as one comparable text."""
    parts = (
        app.get("repository"),
        app.get("tags", "*"),
        app.get("prereleases", "exclude"),
        app.get("assets"),
    )
    return "\0".join(str(part).lower() for part in parts) if app.get("repository") else ""


def _path(output: dict[str, Any]) -> str:
    return str(output.get("path", "apps.json")).lower()


def _nested(paths: list[str]) -> Iterator[tuple[_AppPath, str]]:
    """Git cannot hold a file and a folder of one name."""
    for index, path in enumerate(paths):
        above = {"/".join(path.split("/")[:end]) for end in range(1, path.count("/") + 1)}
        for other in sorted(above & {*paths, *CATALOG_PATHS}):
            yield ("outputs", index, "path"), f"lies in `{show(other)}`, which is a file and no folder"
