"""Mistakes in a net, its solver, weights and databases, found before training; each with its remedy.

report = examine(Case(Document.read("train_val.prototxt")))
for finding in report.findings:
    print(finding.place, finding.problem)

One module in `checks/` holds one check. Nothing here runs a net or needs torch: what layers do comes from the
rules in `model`, what the data is from the databases themselves.
"""

from .case import Case
from .check import Check
from .finding import Finding, Severity
from .runner import Report, checks, examine

__all__ = ["Case", "Check", "Finding", "Report", "Severity", "checks", "examine"]
