"""Texture or shape: what a net takes from patches alone, and how much it needs the whole."""
