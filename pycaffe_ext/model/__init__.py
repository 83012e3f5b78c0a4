"""What a net is, without running it: rules per layer type, upgrades, phases, splits, shapes, views."""
