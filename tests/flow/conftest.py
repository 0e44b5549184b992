"""The worlds in which the whole loop runs: `embedded_world`, `debian_world`, and `world` for each of them in turn."""

from tests.servers.fixtures import debian_stack, debian_world, embedded_world, world

__all__ = ["debian_stack", "debian_world", "embedded_world", "world"]
