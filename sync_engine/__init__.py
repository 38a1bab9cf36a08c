"""The engine: everything that does not know a tool's name."""
