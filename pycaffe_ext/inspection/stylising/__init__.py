"""Pictures in the style of others, by a net that encodes and a net that was trained to decode (AdaIN)."""
