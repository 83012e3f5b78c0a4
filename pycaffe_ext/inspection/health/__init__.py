"""Whether a net learns: its weights, gradients and updates layer by layer, units that are dead, numbers that broke.

`runs` watches a net while it trains or runs; what it finds is a `health.Health`.
"""
