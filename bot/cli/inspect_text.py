"""What `altpress inspect` shows people. No I/O.

Whatever comes out of the file is plain text, without control characters, and of a bounded length.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from bot.github.body import Transfer
from bot.ipa.model import Bundle, IpaInfo, Severity
from bot.ipa.tint import suggest_tint_color

_LONGEST = 500  # characters of one text
_MOST = 200  # lines of one list
_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_FAMILIES = {1: "iPhone", 2: "iPad", 3: "Apple TV", 4: "Apple Watch", 6: "Mac", 7: "Vision"}
_NO_TEXT = "(the IPA gives no text: a source needs one)"


def render_text(info: IpaInfo, transfer: Transfer | None = None) -> RenderableType:
    """Everything that the JSON says, and a tint colour that goes with the icon."""
    title = Text.assemble(shown(info.name), " ", shown(info.version), style="bold")
    parts: list[RenderableType] = [title, Padding(_facts(info, transfer), (0, 0, 0, 2), expand=False)]
    for heading, content in _sections(info):
        parts += [Text(), Text(heading, style="bold"), Padding(content, (0, 0, 0, 2), expand=False)]
    return Group(*parts)


def shown(text: str) -> Text:
    """Text from a file, fit for a terminal."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return Text("".join(letter if letter.isprintable() else "\ufffd" for letter in short))


def _sections(info: IpaInfo) -> Iterator[tuple[str, RenderableType]]:
    yield "A source must declare", _declared(info.entitlements, info.privacy)
    names = [name for name in info.entitlements_wider if name not in info.entitlements]
    texts = {key: text for key, text in info.privacy_wider.items() if key not in info.privacy}
    if names or texts:
        yield "Only a superset would declare (no client asks for it)", _declared(names, texts)
    if len(info.bundles) > 1:
        yield "Bundles", _bundles(info.bundles)
    if info.problems:
        problems = _grid()
        for problem in info.problems[:_MOST]:
            problems.add_row(Text(problem.severity, style=_COLOURS[problem.severity]), shown(problem.message))
        yield "Problems", problems


def _facts(info: IpaInfo, transfer: Transfer | None) -> RenderableType:
    table = _grid()
    for name, value in _rows(info):
        table.add_row(Text(name, style="dim"), value)
    if transfer is not None:
        share = f"{transfer.bytes / info.size:.1%}" if info.size else "all"
        cost = f"{transfer.bytes:,} bytes in {transfer.requests} requests ({share} of the file)"
        table.add_row(Text("fetched", style="dim"), Text(cost))
    return table


def _rows(info: IpaInfo) -> Iterator[tuple[str, Text]]:
    yield "bundle identifier", shown(info.bundle_identifier)
    yield "version", Text.assemble(shown(info.version), " (build ", shown(info.build_version), ")")
    least = info.min_os_version
    yield "needs", Text.assemble("iOS ", shown(least), " or newer") if least else Text("no minimum iOS given")
    families = [_FAMILIES.get(number, f"device family {number}") for number in info.device_families]
    yield "devices", Text(", ".join(families[:_MOST]) or "none given: clients assume iPhone")
    yield "architectures", Text(", ".join(info.architectures) or "none: there is no readable executable")
    yield "signed", _signed(info)
    yield "size", Text(f"{info.size:,} bytes")
    yield "SHA-256", Text(info.sha256 or "not computed: --hash reads the whole file")
    if info.icon is None:
        yield "icon", Text("none that can be read")
        return
    yield "icon", Text.assemble(shown(info.icon.path), f" ({info.icon.width} x {info.icon.height})")
    tint = suggest_tint_color(info.icon.png)
    if tint:
        yield "tint colour", Text.assemble(("\u2588\u2588", tint), f" {tint} (suggested from the icon)")


def _signed(info: IpaInfo) -> Text:
    signed = {True: "yes", False: "no, so it has no entitlements", None: "no executable"}[info.signed]
    encrypted = ", encrypted by the App Store" if info.encrypted else ", not encrypted"
    return Text(signed + (encrypted if info.signed is not None else ""))


def _declared(names: Sequence[str], privacy: Mapping[str, str]) -> RenderableType:
    if not names and not privacy:
        return Text("nothing: no entitlements, and no privacy texts")
    table = _grid()
    for number, name in enumerate(names[:_MOST]):
        table.add_row(Text("" if number else "entitlements", style="dim"), shown(name))
    for number, (key, text) in enumerate(list(privacy.items())[:_MOST]):
        told = shown(text) if text.strip() else Text(_NO_TEXT, style="yellow")
        table.add_row(
            Text("" if number else "privacy", style="dim"), Text.assemble(shown(key), (": ", "dim"), told)
        )
    left = max(0, len(names) - _MOST) + max(0, len(privacy) - _MOST)
    return Group(table, Text(f"… and {left} more (--json shows all)")) if left else table


def _bundles(bundles: Iterable[Bundle]) -> Tree:
    """Each bundle under the one that it lies in."""
    listed = list(bundles)
    tree = Tree(_label(listed[0], ""), guide_style="dim")
    branches = {listed[0].path: tree}
    for bundle in listed[1:_MOST]:  # sorted by path: a folder comes before what is in it
        parents = [path for path in branches if bundle.path.startswith(f"{path}/")]
        parent = max(parents, key=len, default=listed[0].path)
        branches[bundle.path] = branches[parent].add(_label(bundle, parent))
    if len(listed) > _MOST:
        tree.add(Text(f"… and {len(listed) - _MOST} more (--json shows all)"))
    return tree


def _label(bundle: Bundle, parent: str) -> Text:
    path = bundle.path.removeprefix(f"{parent}/") if parent else bundle.path
    told = [bundle.bundle_identifier or "no identifier", f"{bundle.version} ({bundle.build_version})"]
    told += [", ".join(bundle.architectures)] if bundle.architectures else []
    label = Text.assemble((bundle.kind.value, "cyan"), " ", shown(path))
    label.append_text(Text("  ")).append_text(shown(" · ".join(told)))
    return label


def _grid() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table
