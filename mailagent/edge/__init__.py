"""Where we touch the world: thin rooms with few branches."""
