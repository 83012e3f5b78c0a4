"""The commands of visualize.py, one module each; a module here is found by itself (see ..commands)."""
