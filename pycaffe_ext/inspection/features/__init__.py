"""Features of pictures, from one net or several: taken, written and read."""
