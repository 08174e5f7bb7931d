"""Markdown of strangers in a browser."""

import pytest

from bot.sandbox.markdown import render_markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and `code`", "<p><strong>bold</strong> and <code>code</code></p>\n"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n"),
        ("<details open onclick=x>", "&lt;details open onclick=x&gt;"),
        ("before <!-- marker --> after", "<p>before  after</p>\n"),
        ("<!-- a --> <script>x</script>", " &lt;script&gt;x&lt;/script&gt;"),
        ("<!-- <details> --><script>", "&lt;script&gt;"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("![x](http://example.com/a.png)", '<p>!<a href="http://example.com/a.png">x</a></p>\n'),
        ("", ""),
    ],
)
def test_foreign_text(text: str, html: str) -> None:
    assert render_markdown(text) == html


def test_replies_fold() -> None:
    html = render_markdown(
        "<details><summary>Log</summary>\n\n| a | b |\n|---|---|\n| 1 | <i> |\n\n</details>"
    )
    assert html.startswith("<details><summary>Log</summary>")
    assert html.rstrip().endswith("</details>")
    assert "<td>&lt;i&gt;</td>" in html
