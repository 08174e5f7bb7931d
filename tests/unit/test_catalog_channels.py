"""What a catalog must not say about channels, variants and archives, each with its line."""

import pytest

from bot.catalog import find_unreachable, parse_catalog
from bot.errors import BadCatalog

BETA = "- {repository: acme/app, channels: [{channel: beta, prereleases: true}]}"
KEEP = "- {repository: acme/app, keep: 3}"
STABLE = "channels: [{channel: stable, tags: x}]"
PAIR = """\
- {id: a, repository: acme/app, assets: [a.ipa], bundle-id: com.a%s}
- {id: b, repository: acme/app, assets: [b.ipa], bundle-id: com.a%s}"""


def text_of(outputs, apps):
    lines = "\n".join(f"- {{{output}}}" for output in outputs.split("; "))
    return f"name: Acme\noutputs:\n{lines}\napps:\n{apps}\n"


def problems(outputs, apps):
    with pytest.raises(BadCatalog) as caught:
        parse_catalog(text_of(outputs, apps))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("outputs", "apps", "said"),
    [
        ("", BETA, "line 5, apps > 0 > channels > 0 > channel: `beta` is listed by no output: add it to the"),
        ("channels: [bata]", BETA, "names no channel of this catalog (did you mean `beta`?); allowed"),
        ("channels: [Beta]", BETA, "line 3, outputs > 0 > channels > 0: must be lower-case letters, digits"),
        ("channels: []", BETA, "outputs > 0 > channels: must not be empty"),
        ("channels: beta", BETA, "outputs > 0 > channels: must be a list"),
        ("apps: [acme]", BETA, "line 3, outputs > 0 > apps > 0: names no app of this catalog"),
        ("channels: [beta], apps: [b]; path: b.json", f"{BETA}\n- repository: acme/b",
         "`beta` is listed by no output"),
        ("apps: [a]", "- {repository: x/a}\n- {repository: x/b}",
         "line 6, apps > 1 > id: `b` is listed by no output: add it to the `apps` of one"),
        ("archive: true", KEEP, "line 3, outputs > 0 > archive: nothing is listed before `keep` leaves it"),
        ("archive: true; path: b.json, stage: true", KEEP, "0 > archive: nothing is listed before `keep`"),
        ("archive: true", BETA, "line 3, outputs > 0 > archive: needs an app with `keep`"),
        ("archive: true, apps: [b]", f"{KEEP}\n- repository: acme/b", "needs an app with `keep`"),
        ("release-channels: {beta: [beta]}", BETA, "beta: must be one of 'nightly' or 'alpha'"),
        ("release-channels: {nightly: [x]}", BETA, "> nightly > 0: names no channel of this catalog"),
        ("release-channels: {nightly: beta}", BETA, "> nightly: must be a list"),
        ("release-channels: {}", BETA, "release-channels: must not be empty"),
        ("release-channels: {nightly: [beta]}, clients: [feather]", BETA, "is for SideStore, which"),
        ("release-channels: {nightly: [stable]}", BETA, "nightly > 0: is in `channels` already"),
        ("release-channels: {nightly: [beta]}, archive: true", BETA, "is not for an archive"),
        ("", "- {repository: a/b, channels: [{channel: beta}]}", "channels > 0: needs `prereleases`"),
        ("", "- {repository: a/b, channels: [{channel: beta, tags: ~}]}", "0: needs `prereleases`"),
        ("", "- {repository: a/b, channels: [{tags: x}]}", "channels > 0 > channel: is missing and required"),
        ("", "- {repository: a/b, channels: [{channel: b, tag: x}]}", "allowed: channel, prereleases, tags"),
        ("", "- {repository: a/b, channels: [{channel: b, tags: '['}]}", "tags: has a `[` without its `]`"),
        ("", "- {repository: a/b, channel: beta}", "line 5, apps > 0 > channel: `beta` is"),
        ("", "- {repository: a/b, channel: 5}", "apps > 0 > channel: must be text"),
        ("", PAIR % ("", ""), "line 6, apps > 1 > bundle-id: `com.a` is the bundle ID of `a` too, and"),
        ("clients: [feather, altstore]", PAIR % ("", ""), "`com.a` is the bundle ID of `a` too"),
        ("apps: [a]; path: b.json", PAIR % ("", ""), "and `b.json` would list both"),
        ("channels: [beta]; path: b.json", PAIR % ("", f", channel: beta, {STABLE}"),
         "and `b.json` would list both"),
        ("clients: [altstore-pal]", PAIR % ((", marketplace-id: '1', adp-url: 'https://x.y/{tag}'",) * 2),
         "`com.a` is the bundle ID of `a` too"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together(outputs, apps, said):
    found = problems(outputs, apps)
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("outputs", "apps"),
    [
        ("channels: [stable, beta]", BETA),
        ("release-channels: {nightly: [beta], alpha: []}", BETA),
        ("release-channels: ~, clients: [feather]", "- {repository: acme/app}"),
        ("path: a.json; path: b.json, channels: [beta]", BETA),
        ("archive: true, path: b.json; path: a.json", "- {repository: acme/app, keep: 2}"),
        ("apps: [a]; path: b.json, apps: [B]", PAIR % ("", "")),
        ("apps: [a]; path: b.json, apps: [b]; path: c.json, archive: true",  # only one of them has a `keep`
         PAIR % (", keep: 2", "")),
        ("channels: [stable]; path: b.json, channels: [beta]", PAIR % ("", ", channel: beta")),
        ("clients: [feather, livecontainer]", PAIR % ("", "")),  # they ask for no bundle ID to be unique
        ("clients: [altstore-pal]; path: b.json, apps: [b]",
         PAIR % (", marketplace-id: '1', adp-url: 'https://x.y/{tag}'", "")),
    ],
)  # fmt: skip
def test_what_fits(outputs, apps):
    parse_catalog(text_of(outputs, apps))


def test_a_shared_bundle_id_is_told_once():
    found = problems("path: a.json; path: b.json", PAIR % ("", ""))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("outputs", "apps", "said"),
    [
        ("channels: beta", BETA, "must be a list"),  # and not that nobody lists `beta`
        ("release-channels: {nightly: beta}", BETA, "must be a list"),
        ("apps: [ap]", "- repository: acme/app", "names no app"),  # and not that nobody lists `app`
        ("channels: [stable, beta]", "- {repository: a/b, channels: {channel: beta, tags: x}}", "a list"),
        ("channels: [stable, beta]", "- {repository: a/b, channels: [beta]}", "must be a mapping"),
    ],
)
def test_one_mistake_is_told_once(outputs, apps, said):
    [found] = problems(outputs, apps)
    assert said in found


BETAS, OTHERS = "{channel: beta, prereleases: true}", "{channel: nightly, prereleases: false}"
NIGHTLY, NIGHTLY_BETAS = "{channel: nightly, tags: 'n*'}", "{channel: beta, tags: 'n*', prereleases: true}"


@pytest.mark.parametrize(
    ("entries", "lines"),
    [
        ((BETAS, NIGHTLY), []),
        ((NIGHTLY, BETAS), []),
        ((BETAS, NIGHTLY_BETAS), [9]),
        ((NIGHTLY, NIGHTLY_BETAS), [9]),
        ((NIGHTLY_BETAS, NIGHTLY), []),
        ((BETAS, OTHERS, NIGHTLY, NIGHTLY_BETAS), [10, 11]),
        (("{channel: nightly, tags: '*'}", BETAS), [9]),
    ],
)
def test_an_entry_that_can_never_count_is_found(entries, lines):
    named = ", ".join(
        name for name in ("stable", "beta", "nightly") if name == "stable" or name in str(entries)
    )
    outputs = f"outputs:\n- {{channels: [{named}]}}\n"
    listed = "\n".join(f"  - {entry}" for entry in entries)
    text = f"name: Acme\n{outputs}apps:\n- repository: acme/app\n  id: app\n  channels:\n{listed}\n"
    found = find_unreachable(text)
    assert [problem.line for problem in found] == lines
    assert all("never counts: those before it take all of its releases" in p.message for p in found)
