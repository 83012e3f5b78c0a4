"""A report as a page for the terminal, and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import Any

from .finding import Finding, Severity
from .runner import Report, checks

_COLOURS = {Severity.ERROR: "\033[1;31m", Severity.WARNING: "\033[1;33m", Severity.NOTE: "\033[1;36m"}
_DIM, _BOLD, _PLAIN = "\033[2m", "\033[1m", "\033[0m"
_LABEL = 9  # columns


def as_text(report: Report, *, width: int = 100, colour: bool = False) -> str:
    """Errors first, each with its place, effect and remedy; then what was measured and what was not checked."""
    page = _Page(width, colour)
    for finding in report.findings:
        page.finding(finding)
    if not report.findings:
        page.line("Nothing found.", _BOLD)
        page.line()
    page.listing("measured", report.measured)
    named = [", ".join(report.checked)] if report.findings else [_what(name) for name in report.checked]
    page.listing("checked", [one for one in named if one])
    reasons: dict[str, list[str]] = {}
    for name, lacking in report.not_checked.items():
        for reason in lacking:
            reasons.setdefault(reason, []).append(name)
    page.listing(
        "not checked, for want of",
        [f"{reason}: {', '.join(names)}" for reason, names in sorted(reasons.items(), key=lambda one: one[1])],
    )
    page.line(f"{report.file}: {_counted(report)}", _BOLD)
    return "\n".join(page.lines)


def as_json(report: Report) -> dict[str, Any]:
    """The same, for programs."""
    return {
        "net": report.file,
        "counts": {str(severity): report.count(severity) for severity in Severity},
        "findings": [
            {
                "check": finding.check,
                "severity": str(finding.severity),
                "file": finding.file,
                "line": finding.line or None,
                "layer": finding.layer or None,
                "problem": finding.problem,
                "effect": finding.effect,
                "remedy": finding.remedy,
                "commands": list(finding.commands),
            }
            for finding in report.findings
        ],
        "measured": report.measured,
        "checked": report.checked,
        "not_checked": report.not_checked,
    }


class _Page:
    def __init__(self, width: int, colour: bool) -> None:
        self.lines: list[str] = []
        self._width, self._colour = max(50, width), colour

    def line(self, text: str = "", style: str = "") -> None:
        self.lines.append(f"{style}{text}{_PLAIN}" if self._colour and style and text else text)

    def finding(self, finding: Finding) -> None:
        layer = f"  layer '{finding.layer}'" if finding.layer else ""
        self.line(f"{finding.severity}  {finding.place}{layer}  [{finding.check}]", _COLOURS[finding.severity])
        for label, text in (("", finding.problem), ("shows as", finding.effect), ("remedy", finding.remedy)):
            self._paragraph(label, text)
        for command in finding.commands:
            self.line(" " * (2 + _LABEL) + command, _BOLD)  # whole, to be copied
        self.line()

    def listing(self, title: str, items: list[str]) -> None:
        if not items:
            return
        self.line(f"{title}:", _DIM)
        for item in items:
            self.lines += textwrap.wrap(item, self._width, initial_indent="  ", subsequent_indent="    ", **_WHOLE)
        self.line()

    def _paragraph(self, label: str, text: str) -> None:
        if text:
            first, indent = f"  {label:{_LABEL}}", " " * (2 + _LABEL)
            first = first if label else "  "
            indent = indent if label else "  "
            self.lines += textwrap.wrap(text, self._width, initial_indent=first, subsequent_indent=indent, **_WHOLE)


_WHOLE: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


def _what(name: str) -> str:
    return f"{name}: {' '.join((checks()[name].__doc__ or '').split())}"


def _counted(report: Report) -> str:
    counts = Counter({severity: report.count(severity) for severity in Severity})
    if not report.findings:
        return "nothing found"
    return ", ".join(f"{counts[one]} {one}{'s' * (counts[one] != 1)}" for one in Severity)
