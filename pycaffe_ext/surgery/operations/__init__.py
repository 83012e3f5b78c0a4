"""The operations, one family per module; a module here is found by itself (see ..operation)."""
