"""What a preview says of several outputs."""

import pytest

from bot.catalog import parse_catalog
from bot.source.codec import render_source
from bot.source.preview import preview_outputs

TEXT = (
    "name: Acme\noutputs:\n- path: apps.json\n- {path: b.json%s}\napps:\n- {repository: acme/app, keep: 1}\n"
)


def document(*versions):
    listed = [{"version": version, "buildVersion": "1"} for version in versions]
    return render_source(
        {"name": "Acme", "apps": [{"name": "Acme", "bundleIdentifier": "a.b", "versions": listed}]}
    )


@pytest.mark.parametrize(
    ("second", "after", "said"),
    [
        (", archive: true", (["1.1"], ["1.0"]),
         ("Acme 1.1 added (apps.json)", "Acme 1.0 removed (apps.json)", "Acme 1.0 added (b.json)")),
        (", stage: true", (["1.1", "1.0"], ["1.1"]), ("Acme 1.1 added",)),
        ("", (["1.1", "1.0"], ["1.1"]), ("Acme 1.1 added",)),  # both outputs list the same
    ],
)  # fmt: skip
def test_where_outputs_differ_each_change_says_in_which_it_is(second, after, said):
    before = {"apps.json": document("1.0"), "b.json": document()}
    then = {path: document(*versions) for path, versions in zip(before, after, strict=True)}
    assert preview_outputs(parse_catalog(TEXT % second), before, then, None).changes == said
