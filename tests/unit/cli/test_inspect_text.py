"""What people are shown: all that the JSON says, whatever is in the file."""

import io
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.cli.inspect_text import render_text
from bot.github.body import Transfer
from bot.ipa import read_ipa
from bot.ipa.model import Bundle, BundleKind, Icon, IpaInfo, IpaProblem, Severity
from tests.builders import Extension, make_ipa
from tests.pictures import build_png

DATA = make_ipa(
    entitlements={"get-task-allow": True},
    privacy={"NSCameraUsageDescription": "To see.", "NSMicrophoneUsageDescription": " "},
    extensions=[
        Extension("Share", entitlements={"b": 1}),
        Extension(
            "Widget", entitlements={"c": 1}, folder="Extensions", privacy={"NSSiriUsageDescription": "Hi"}
        ),
        Extension("Clock", folder="Watch", suffix=".app"),
        Extension("Face", folder="Watch/Clock.app/PlugIns"),
    ],
    icon=build_png([[(1, 128, 132)] * 9] * 9, 2),
)
INFO = read_ipa(io.BytesIO(DATA), size=len(DATA))


def text_of(info: IpaInfo, transfer: Transfer | None = None, width: int = 200) -> str:
    file = io.StringIO()
    Console(file=file, width=width, color_system=None).print(render_text(info, transfer))
    return file.getvalue()


def lines_of(info: IpaInfo, transfer: Transfer | None = None) -> list[str]:
    return [" ".join(line.split()) for line in text_of(info, transfer).splitlines()]


def test_everything_is_there() -> None:
    lines = lines_of(INFO)
    assert lines[0] == "Acme 1.0"
    for line in (
        "bundle identifier com.acme.app",
        "version 1.0 (build 1)",
        "needs iOS 15.0 or newer",
        "devices iPhone, iPad",
        "architectures arm64",
        "signed yes, not encrypted",
        f"size {len(DATA):,} bytes",
        "SHA-256 not computed: --hash reads the whole file",
        "icon Payload/Acme.app/AppIcon60x60@2x.png (9 x 9)",
        "tint colour ██ #018084 (suggested from the icon)",
        "A source must declare",
        "entitlements b",
        "get-task-allow",
        "privacy NSCameraUsageDescription: To see.",
        "NSMicrophoneUsageDescription: (the IPA gives no text: a source needs one)",
        "Only a superset would declare (no client asks for it)",
        "entitlements c",
        "privacy NSSiriUsageDescription: Hi",
    ):
        assert line in lines
    assert not any(line.startswith(("Problems", "fetched")) for line in lines)


def test_bundles_lie_under_the_one_that_they_are_in() -> None:
    text = text_of(INFO)
    tree = [line.strip() for line in text[text.index("Bundles") :].splitlines()[1:]]
    assert tree == [
        "app Payload/Acme.app  com.acme.app · 1.0 (1) · arm64",
        "├── appex Extensions/Widget.appex  com.acme.app.widget · 1.0 (1) · arm64",
        "├── appex PlugIns/Share.appex  com.acme.app.share · 1.0 (1) · arm64",
        "└── watch Watch/Clock.app  com.acme.app.clock · 1.0 (1) · arm64",
        "└── appex PlugIns/Face.appex  com.acme.app.face · 1.0 (1) · arm64",
    ]


def test_what_is_not_known_is_said() -> None:
    bare = replace(
        INFO, min_os_version=None, device_families=(9,), architectures=(), signed=None, icon=None, bundles=(),
        entitlements=(), privacy={}, entitlements_wider=(), privacy_wider={}, sha256="ab" * 32,
    )  # fmt: skip
    lines = lines_of(bare)
    for line in (
        "needs no minimum iOS given",
        "devices device family 9",
        "architectures none: there is no readable executable",
        "signed no executable",
        "icon none that can be read",
        f"SHA-256 {'ab' * 32}",
        "nothing: no entitlements, and no privacy texts",
    ):
        assert line in lines
    assert not any(line.startswith(("Only a superset", "Bundles", "tint")) for line in lines)
    assert "signed no, so it has no entitlements, not encrypted" in lines_of(replace(INFO, signed=False))
    assert "signed yes, encrypted by the App Store" in lines_of(replace(INFO, encrypted=True))
    assert "devices none given: clients assume iPhone" in lines_of(replace(INFO, device_families=()))


def test_problems_and_the_cost_of_the_transfer() -> None:
    problems = (IpaProblem("x", Severity.ERROR, "Bad [b]."), IpaProblem("y", Severity.INFO, "So so."))
    lines = lines_of(replace(INFO, problems=problems, size=4000), Transfer(requests=3, bytes=1000))
    assert lines[lines.index("Problems") + 1 :] == ["error Bad [b].", "info So so."]
    assert "fetched 1,000 bytes in 3 requests (25.0% of the file)" in lines


def test_long_lists_end_with_how_much_is_left() -> None:
    bundle = Bundle("Payload/A.app", BundleKind.APP, None, "1.0", "1")
    inside = [replace(bundle, path=f"Payload/A.app/F{n:04}.framework") for n in range(300)]
    names = tuple(f"name{n:04}" for n in range(300))
    text = text_of(replace(INFO, entitlements=names, bundles=(bundle, *inside)))
    assert text.count("more (--json shows all)") == 2
    assert "name0199" in text
    assert "name0200" not in text
    assert "no identifier" in text


ODD = st.text(st.characters(exclude_categories=()), max_size=30)  # lone surrogates, too


@settings(max_examples=50, deadline=None)
@given(ODD, ODD, st.integers(20, 200))
def test_no_text_of_a_file_reaches_the_terminal_s_controls(name: str, path: str, width: int) -> None:
    evil = f"\x1b]8;;x\x07[red]{name}\r\n"
    bundle = Bundle(f"Payload/A.app/{path}", BundleKind.OTHER, evil, evil, evil, architectures=(evil,))
    info = replace(
        INFO, name=evil, version=evil, build_version=evil, bundle_identifier=evil, min_os_version=evil,
        entitlements=(evil,), privacy={evil: evil}, entitlements_wider=(path,), privacy_wider={path: evil},
        bundles=(INFO.bundles[0], bundle), problems=(IpaProblem("x", Severity.ERROR, evil),),
        icon=Icon(evil, 1, 1, b""),
    )  # fmt: skip
    text = text_of(info, width=width)
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    text.encode()
