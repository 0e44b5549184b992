"""What mail means: bytes to values and back, pure. Nothing here may hang, grow or raise on what a stranger wrote."""
