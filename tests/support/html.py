"""HTML that must stay plain, read by a parser that is not ours."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import strategies as st

from ..strategies import texts


# The tags that the module itself writes.
OWN = {
    "caption",
    "details",
    "div",
    "p",
    "span",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "time",
    "tr",
}
MARKUP = texts | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror='alert(1)'>",
        "'&lt;b&gt;",
        "</table>",
        "</td></tr></table><style>",
        "<!--",
        "]]>",
    ]
)


class Page(HTMLParser):
    """The tags, attributes and words of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def check(html: str) -> Page:
    page = Page(html)
    assert page.tags <= OWN
    assert page.attributes <= {"style", "title"}
    html.encode("utf-8")
    return page
