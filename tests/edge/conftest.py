"""The real servers, for the rooms that touch them."""

from tests.servers.fixtures import debian_stack, debian_world, embedded_world, world

__all__ = ["debian_stack", "debian_world", "embedded_world", "world"]
