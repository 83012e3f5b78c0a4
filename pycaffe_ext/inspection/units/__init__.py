"""What units of a net look for, and what they see in pictures."""
