"""A report as one HTML file that needs no other: text, tables and pictures, to be opened anywhere or mailed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from os import PathLike

from ..atomic import write_text
from ..errors import DataError

_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { line-height: 1.2 }
h2 { margin-top: 2.5rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .9rem; text-align: left; border-bottom: 1px solid #8884 }
td.number, th.number { text-align: right }
figure { margin: 1.5rem 0 }
img { max-width: 100%; height: auto; background: white }
figcaption { opacity: .8; font-size: .9rem }
pre { overflow-x: auto; padding: .8rem 1rem; background: #8881; font-size: .85rem }
"""
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Report:
    """Parts are added in order; `write` makes the file. Text is plain: nothing in it is taken for HTML."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._parts: list[str] = []

    def heading(self, text: str) -> None:
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def text(self, *paragraphs: str) -> None:
        self._parts.extend(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)

    def commands(self, lines: Sequence[str]) -> None:
        """Lines as typed in a shell."""
        self._parts.append(f"<pre>{escape(chr(10).join(lines))}</pre>")

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns in which every cell begins with a digit are aligned as numbers."""
        numbers = [bool(rows) and all(row[i][:1].isdigit() for row in rows) for i in range(len(header))]
        lines = [_row("th", header, numbers), *(_row("td", row, numbers) for row in rows)]
        self._parts.append(f'<div class="scroll"><table>{"".join(lines)}</table></div>')

    def picture(self, content: bytes, caption: str) -> None:
        """A PNG or JPEG, held within the report. Raises DataError for bytes of another kind."""
        kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)
        if kind is None:
            raise DataError(f"picture '{caption}': a report holds PNG and JPEG only")
        data = base64.b64encode(content).decode()
        image = f'<img src="data:{kind};base64,{data}" alt="{escape(caption)}">'
        self._parts.append(f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>")

    def html(self) -> str:
        title = escape(self._title)
        head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        body = "\n".join([f"<h1>{title}</h1>", *self._parts])
        head += f"<style>{_STYLE}</style>"
        return f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n'

    def write(self, path: str | PathLike[str]) -> None:
        """Writes the file, whole or not at all. Raises FileError."""
        write_text(path, self.html())


def _row(tag: str, cells: Sequence[str], numbers: Sequence[bool]) -> str:
    marked = (
        f"<{tag}{' class=number' * number}>{escape(cell)}</{tag}>" for cell, number in zip(cells, numbers, strict=True)
    )
    return f"<tr>{''.join(marked)}</tr>"
