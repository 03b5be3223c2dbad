"""Texts of mails: HTML made safe, HTML as plain text, and what a reply quotes told from what it says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["plain_of", "safe_html", "split_quoted"]

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "ins",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ]
)
"""No images: those elsewhere tell the sender who reads when, those inside are attachments."""
_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"}}
_BLOCKS = frozenset(
    ["blockquote", "div", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "tr", "ul"]
)
_HIDDEN = frozenset(("head", "script", "style", "title", "template", "noscript"))
_MOST_HTML = 2_000_000

_ATTRIBUTION = re.compile(
    r"^\s*(on\b.{4,200}\bwrote\s*:|am\b.{4,200}\bschrieb\b.{0,100}:|le\b.{4,200}\ba écrit\s*:|"
    r"el\b.{4,200}\bescribió\s*:|.{4,200}(写道|寫道)\s*[:：])\s*$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^\s*(-{3,}\s*(original message|ursprüngliche nachricht|message d'origine|原始邮件|原始郵件)\s*-{3,}|_{20,})\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^\s*\*?(from|von|de|发件人|寄件者)\s*[:：]", re.IGNORECASE)
_SENT = re.compile(r"^\s*\*?(sent|date|gesendet|envoyé|enviado|发送时间|日期)\s*[:：]", re.IGNORECASE)


def safe_html(html: str) -> str:
    """HTML without anything that runs, loads, or leads elsewhere unseen."""
    import nh3

    return nh3.clean(
        html[:_MOST_HTML],
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
        clean_content_tags={"script", "style", "head", "title", "template", "noscript", "svg", "math"},
    )


def plain_of(html: str) -> str:
    """HTML as a reader sees it, as plain text."""
    reader = _Reader()
    reader.feed(html[:_MOST_HTML])
    reader.close()
    text = re.sub(r"[ \t\xa0]+", " ", "".join(reader.parts))
    text = re.sub(r" ?\n ?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def split_quoted(text: str) -> tuple[str, str]:
    """What a mail says, and what it quotes below (or, when it answers point by point, nothing)."""
    lines = text.split("\n")
    cut = next((at for at in range(len(lines)) if _begins_quotation(lines, at)), len(lines))
    if cut == len(lines):
        cut = _trailing_quotes(lines)
    said, quoted = "\n".join(lines[:cut]).strip(), "\n".join(lines[cut:]).strip()
    return (said, quoted) if said else (text.strip(), "")


def _begins_quotation(lines: list[str], at: int) -> bool:
    line = lines[at]
    if len(line) > 400:
        return False
    if _ORIGINAL.match(line):
        return True
    if _HEADER.match(line):
        return any(_SENT.match(later) for later in lines[at + 1 : at + 4])
    joined = f"{line} {lines[at + 1]}" if at + 1 < len(lines) else line  # long ones are folded onto two lines
    if not (
        _ATTRIBUTION.match(line) or (not line.startswith(">") and len(joined) < 400 and _ATTRIBUTION.match(joined))
    ):
        return False
    rest = [later for later in lines[at + 1 :] if later.strip()]
    answers = [later for later in rest[1:] if not later.lstrip().startswith(">")]
    is_quoted = bool(rest) and any(later.lstrip().startswith(">") for later in rest[:2])
    return not is_quoted or not answers


def _trailing_quotes(lines: list[str]) -> int:
    at = len(lines)
    while at > 0 and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith(">")):
        at -= 1
    return at if any(line.lstrip().startswith(">") for line in lines[at:]) else len(lines)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag == "p" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag == "p" else "\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))
