"""Graphs in the language of Graphviz, whose `dot` lays them out (Debian package graphviz)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from .errors import OptionError


class Html(str):
    """A label in Graphviz's HTML, which is not quoted; made with `html_text` of what it holds."""


@dataclass
class Graph:
    """A directed graph in Graphviz's terms: nodes (by their text) with attributes, and labelled edges.

    `attributes`: of the graph itself; `of_edges`: more attributes of the edges between two nodes.
    """

    name: str
    rankdir: str
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)
    edges: list[tuple[str, str, str]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    of_edges: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def to_string(self) -> str:
        """The graph in Graphviz's language."""
        return "\n".join([f"digraph {_quoted(self.name)} {{", *self._statements(), "}"]) + "\n"

    def _statements(self) -> Iterator[str]:
        yield f"rankdir={_quoted(self.rankdir)};"
        for name, value in self.attributes.items():
            yield f"{name}={_quoted(value)};"
        for node, attributes in self.nodes.items():
            yield f"{_quoted(node)} [{_written(attributes)}];"
        for source, target, label in self.edges:
            more = self.of_edges.get((source, target), {})
            yield f"{_quoted(source)} -> {_quoted(target)} [{_written({'label': label} | more)}];"

    def create(self, format: str = "png", prog: str = "dot") -> bytes:
        """The picture as the bytes of a file: png, svg, pdf, or anything else that `dot -T` knows.

        "raw" is the text that dot reads. Raises OptionError where `dot` is missing or refuses.
        """
        text = self.to_string().encode(errors="replace")
        if format == "raw":
            return text
        try:
            done = subprocess.run([prog, f"-T{format}"], input=text, capture_output=True, check=True)
        except FileNotFoundError as error:
            raise OptionError(f"drawing needs Graphviz's {prog}: install the Debian package graphviz") from error
        except subprocess.CalledProcessError as error:
            problem = error.stderr.decode(errors="replace").strip().partition("\n")[0]
            raise OptionError(f"{prog} cannot draw this net as {format}: {problem}") from error
        return done.stdout


def html_text(text: str) -> str:
    """Text as Graphviz's HTML has it."""
    return escape(text, quote=True)


def _written(attributes: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={_quoted(value)}" for key, value in attributes.items())


def _quoted(text: str) -> str:
    if isinstance(text, Html):
        return f"<{text}>"
    return '"' + text.replace('"', '\\"') + '"'
