"""A project's schedule as a network: critical path, float, and DCMA's fourteen points. Pure."""
