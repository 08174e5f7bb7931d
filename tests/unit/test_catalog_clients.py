"""What a catalog says for single clients: languages, patrons, the marketplace."""

import pytest

from bot.catalog import parse_catalog
from bot.errors import BadCatalog

PATREON = "patreon-url: https://www.patreon.com/acme"
PAL = "outputs: [{clients: [altstore-pal]}]"


def read(app="", top=""):
    lines = ["name: A", *top.splitlines(), "apps:", "  - repository: acme/app"]
    return parse_catalog("\n".join([*lines, *(f"    {line}" for line in app.splitlines())]) + "\n")


@pytest.mark.parametrize(
    ("app", "top", "said"),
    [
        ("patreon: {}", "", "apps > 0 > patreon: needs the catalog's `patreon-url`"),
        ("patreon: {pledge: much}", PATREON, "pledge: must be an amount such as 3 or 4.5, or `custom`"),
        ("patreon: {pledge: true}", PATREON, "pledge: must be an amount"),
        ("patreon: {pledge: '3'}", PATREON, "pledge: must be an amount"),
        ("patreon: {pledge: -1}", PATREON, "pledge: must be an amount"),
        ("patreon: {pledg: 1}", PATREON, "did you mean `pledge`?); allowed: pledge, currency, tiers"),
        ("patreon: {currency: euro}", PATREON, "currency: must be three letters"),
        ("description: y\ndescriptions: {de: x, DE: z}", "", "descriptions > DE: is given twice"),
        ("description: y\ndescriptions: {'d!': x}", "", "descriptions > d!: is no language such as `de`"),
        ("description: y\ndescriptions: {}", "", "descriptions: must not be empty"),
        ("description: y\ndescriptions: [a]", "", "descriptions: must be a mapping of keys to values"),
        ("subtitles: {de: x}", "", "apps > 0 > subtitles: needs `subtitle` too"),
        ("subtitle: y\nsubtitles: {fr: x}", "language: fr", "subtitles > fr: is the catalog's language"),
        ("marketplace-id: '1'", PAL, "marketplace-id: needs `adp-url`"),
        ("adp-url: https://x.example/{tag}", "", "adp-url: needs `marketplace-id`"),
        ("marketplace-id: '01'\nadp-url: https://x.example/{tag}", PAL, "must be Apple's id of the app"),
        ("marketplace-id: 12\nadp-url: https://x.example/{tag}", PAL, "must be text (put it in quotes)"),
        ("marketplace-id: '12'\nadp-url: https://x.example/adp", PAL, "must hold {tag}, {version}"),
        ("marketplace-id: '12'\nadp-url: https://x.example/{tag}?a", PAL, "must not hold `?`, `#` or `|`"),
        ("marketplace-id: '12'\nadp-url: https://x.example/{asset}", PAL, "placeholder; allowed: {owner}"),
        ("", "outputs: [{clients: [feather, altstore-pal]}]", "outputs > 0 > clients: `altstore-pal` needs"),
    ],
)  # fmt: skip
def test_a_wrong_line(app, top, said):
    with pytest.raises(BadCatalog) as caught:
        read(app, top)
    assert said in "\n".join(str(problem) for problem in caught.value.problems)


@pytest.mark.parametrize(("pledge", "kept"), [("3", 3), ("4.5", 4.5), ("custom", "custom"), ("0", 0)])
def test_a_pledge(pledge, kept):
    patreon = read(f"patreon: {{pledge: {pledge}}}", PATREON).apps[0].patreon
    assert patreon is not None
    assert patreon.pledge == kept
    assert type(patreon.pledge) is type(kept)


def test_languages_and_a_marketplace():
    app = read(
        "subtitle: s\nsubtitles: {zh-Hant: z}\nmarketplace-id: '12'\nadp-url: https://x.example/{tag}", PAL
    ).apps[0]
    assert (app.subtitles, app.marketplace_id) == ({"zh-Hant": "z"}, "12")
