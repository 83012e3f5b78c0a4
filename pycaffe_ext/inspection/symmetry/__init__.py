"""What a net makes of a picture and of its mirrored, turned, shifted or scaled copy."""
