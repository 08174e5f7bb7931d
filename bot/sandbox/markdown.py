"""No I/O. Markdown as a browser may see it: what is foreign stays text."""

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HARMLESS = re.compile(r"&lt;(/?(?:details|summary|sub|sup|kbd|br))&gt;")  # as escaped, without attributes


def render_markdown(text: str) -> str:
    """HTML: GitHub's tables and the few tags that replies fold with; comments vanish, all other tags show."""
    return str(_parser.render(text))


def _render_html(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    shown = escape(_COMMENT.sub("", tokens[index].content), quote=False)
    return _HARMLESS.sub(r"<\1>", shown)


def _build_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("image")
    parser.add_render_rule("html_block", _render_html)
    parser.add_render_rule("html_inline", _render_html)
    return parser


_parser = _build_parser()
