"""Citizens' Markdown to safe HTML: paragraphs, lists, emphasis, quotes, titles, links. Nothing else becomes a tag.

Two walls: the parser is told that HTML is text, then nh3 keeps only the tags and attributes listed here.
Links, the one rule of the parser whose cost grows with the square of the text on hostile input, are replaced by a
bounded one of ours; the time stays proportional to the length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup

from app.ui.filters import typo

ALLOWED_TAGS = {
    "p",
    "br",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "code",
    "blockquote",
    "a",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
}
ALLOWED_ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    **{tag: {"dir"} for tag in ("p", "li", "h2", "h3", "h4", "h5", "h6")},
}
ALLOWED_SCHEMES = {"http", "https", "mailto"}
LINK_REL = "nofollow ugc noopener"

_TARGET = r"(?:https?://|mailto:|/(?!/))[^\s()<>\\\"]{1,2000}"
_LINK = re.compile(rf"\[([^\[\]\n]{{1,300}})\]\(({_TARGET})\)")
_BARE_URL = re.compile(r"https?://[^\s<>\"«»]{1,2000}")
_URL_TAIL = ".,;:!?'’)]}"
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_CARRIAGE_RETURN = re.compile(r"\r\n?")
_WITH_DIRECTION = frozenset({"paragraph_open", "list_item_open", "heading_open"})


def _link(state: StateInline, silent: bool) -> bool:
    """`[text](address)` on one line, 300 characters of text and 2,000 of address at most; the rest is text."""
    if state.src[state.pos] != "[":
        return False
    match = _LINK.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        end = state.posMax
        state.pos, state.posMax = match.start(1), match.end(1)
        state.push("link_open", "a", 1).attrs = {"href": match[2]}
        state.linkLevel += 1
        state.md.inline.tokenize(state)
        state.linkLevel -= 1
        state.push("link_close", "a", -1)
        state.posMax = end
    state.pos = match.end()
    return True


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "breaks": True, "maxNesting": 12})
    parser.enable(
        [
            "heading",
            "list",
            "blockquote",
            "emphasis",
            "balance_pairs",
            "fragments_join",
            "newline",
            "escape",
            "backticks",
        ]
    )
    parser.inline.ruler.before("emphasis", "bounded_link", _link)
    return parser


def render(text: str | None, *, top: int = 3) -> Markup:
    """Safe HTML of a citizen's text; "" for nothing.

    top: level given to titles marked `#` or `##` (2 to 5); deeper marks follow, down to h6.
    """
    if not text:
        return Markup("")
    source = _CARRIAGE_RETURN.sub("\n", text).replace("\x00", "")
    parser = _parser()
    tokens = parser.parse(source)
    mixed = _RIGHT_TO_LEFT.search(source) is not None
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(max(int(token.tag[1]), 2) - 2 + top, 6)}"
        if mixed and token.type in _WITH_DIRECTION:
            token.attrSet("dir", "auto")
        if token.children:
            token.children = list(_finish(token.children))
    html = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=ALLOWED_SCHEMES,
        link_rel=LINK_REL,
        strip_comments=True,
    )
    return Markup(clean.strip())  # noqa: S704 - cleaned by nh3


def _finish(children: Iterable[Token]) -> Iterable[Token]:
    """French spaces in the words, and a link around each bare address."""
    inside_link = 0
    for token in children:
        inside_link += token.nesting if token.tag == "a" else 0
        if token.type != "text" or not token.content:
            yield token
        elif inside_link or "://" not in token.content:
            token.content = typo(token.content)
            yield token
        else:
            yield from _linked(token.content)


def _linked(text: str) -> Iterable[Token]:
    position = 0
    for match in _BARE_URL.finditer(text):
        address = match[0].rstrip(_URL_TAIL)
        if match.start() > position:
            yield _text(typo(text[position : match.start()]))
        yield Token("link_open", "a", 1, attrs={"href": address})
        yield _text(address)
        yield Token("link_close", "a", -1)
        position = match.start() + len(address)
    if position < len(text):
        yield _text(typo(text[position:]))


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


_MARKS = re.compile(r"^[ \t]{0,3}(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+|\d{1,9}[.)][ \t]+)", re.MULTILINE)
_EMPHASIS = re.compile(r"\*{1,3}(?=\S)|(?<=\S)\*{1,3}|(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w)|`")
_BLANKS = re.compile(r"\s+")
# Most texts begin like this: one paragraph of words, with nothing to take off.
_WORDS_ONLY = re.compile(r"[^\W\d_][^\[*_`\n\r\t]*")


def plain(text: str | None, limit: int = 160) -> str:
    """The beginning of a citizen's text without its marks, on one line, cut at a word with "…".

    limit: characters at most, the ellipsis included. Cheap enough for a list of cards: only the beginning is read.
    """
    if not text:
        return ""
    source = text[: limit * 4 + 400]
    if len(source) > limit and "  " not in source and _WORDS_ONLY.fullmatch(source, 0, limit + 1):
        return _cut(source, limit)
    words = _LINK.sub(r"\1", source)
    words = _EMPHASIS.sub("", _MARKS.sub("", words))
    words = _BLANKS.sub(" ", words).strip()
    return words if len(words) <= limit else _cut(words, limit)


def _cut(words: str, limit: int) -> str:
    space = words.rfind(" ", 0, limit)
    cut = words[: space if space > limit // 2 else limit - 1]
    return cut.rstrip(" ,;:.–—-") + "…"
