"""Small classifiers on features: what can be read out of a layer, and how well it carries over to a new task."""
