"""Work that is delivered to us, from tools that nobody here knows."""
