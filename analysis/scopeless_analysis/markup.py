"""HTML and SVG as trees of elements, so that what is written is well-formed and escaped by construction."""

from __future__ import annotations

import xml.etree.ElementTree as ET

Node = ET.Element | str | None
"""What an element holds: elements, text, or nothing."""


def element(tag: str, *children: Node, **attributes: str | float | None) -> ET.Element:
    """An element with ``children``. In an attribute's name ``_`` stands for ``-``, and one at its end is
    dropped (``class_``); an attribute that is None is left out. Numbers are rounded to two decimals."""
    node = ET.Element(tag)
    for name, value in attributes.items():
        if value is not None:
            node.set(name.rstrip("_").replace("_", "-"), value if isinstance(value, str) else number(value))
    for child in children:
        if isinstance(child, ET.Element):
            node.append(child)
        elif child:
            _add_text(node, child)
    return node


def _add_text(node: ET.Element, text: str) -> None:
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text


def number(value: float) -> str:
    """A coordinate: two decimals at most, no negative zero."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def table(
    header: tuple[str, ...], rows: list[tuple[Node, ...]], *, left: int = 1, caption: str = "", name: str = ""
) -> ET.Element:
    """A table in a box of its own, which scrolls where the page is narrower. The first ``left`` columns and
    a last one called ``notes`` hold words, all others numbers."""
    words = [column < left or title == "notes" for column, title in enumerate(header)]

    def row(tag: str, cells: tuple[Node, ...]) -> ET.Element:
        return element(
            "tr",
            *(
                element(tag, cell, class_=None if word else "n")
                for cell, word in zip(cells, words, strict=True)
            ),
        )

    body = element(
        "table",
        element("caption", caption) if caption else None,
        element("thead", row("th", header)),
        element("tbody", *(row("td", cells) for cells in rows)),
        id=name or None,
    )
    # Whoever has no pointer scrolls the box with the keyboard: it can be focused.
    return element("div", body, class_="box", tabindex="0", role="region", aria_label=caption or name)


def to_html(root: ET.Element) -> str:
    """A whole page."""
    return "<!DOCTYPE html>\n" + ET.tostring(root, encoding="unicode", method="html") + "\n"


def to_svg(picture: ET.Element, style: str) -> str:
    """``picture`` as a file of its own, with the ``style`` that it takes from the page elsewhere."""
    root = ET.Element(
        picture.tag, {"xmlns": "http://www.w3.org/2000/svg", **_sized(picture), **picture.attrib}
    )
    root.append(element("style", style))
    root.append(element("rect", width="100%", height="100%", class_="paper"))
    root.extend(list(picture))
    return ET.tostring(root, encoding="unicode") + "\n"


def _sized(picture: ET.Element) -> dict[str, str]:
    _, _, width, height = picture.attrib["viewBox"].split()
    return {"width": width, "height": height}
