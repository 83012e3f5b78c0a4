"""Finds the checks, runs them all, and gathers what they say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ..errors import CaffeError
from . import checks as _package
from .case import Case
from .check import Check
from .finding import Finding, Severity


@dataclass
class Report:
    """What all checks have found, errors first. `checked`: the names of the checks that could look at everything.

    `not_checked`: for the others what they could not look at, and for want of what.
    """

    file: str
    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    not_checked: dict[str, list[str]] = field(default_factory=dict)
    measured: list[str] = field(default_factory=list)

    def count(self, severity: Severity) -> int:
        return Counter(finding.severity for finding in self.findings)[severity]


@cache
def checks() -> dict[str, Check]:
    """All checks by name, which is their module's with - for _."""
    names = sorted(module.name for module in iter_modules(_package.__path__))
    return {name.replace("_", "-"): import_module(f"{_package.__name__}.{name}").check for name in names}


def examine(case: Case) -> Report:
    """Runs all checks. A check that cannot be done is named with its reason, and the others go on."""
    report = Report(case.file)
    for name, check in checks().items():
        lacking: list[str] = []
        try:
            report.findings += [replace(finding, check=name) for finding in check.find(case)]
            lacking += check.lacks(case)
            report.measured += check.measured(case)
        except CaffeError as error:
            lacking.append(str(error))
        if lacking:
            report.not_checked[name] = list(dict.fromkeys(lacking))
        else:
            report.checked.append(name)
    report.findings = list(dict.fromkeys(report.findings))
    report.findings.sort(key=lambda finding: (finding.severity, finding.file != case.file, finding.line))
    return report
