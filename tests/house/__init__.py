"""The house itself is tested: who may import whom, how big a room may grow, what ships, what must not be here."""
