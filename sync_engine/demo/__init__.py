"""The demonstration: one invented company's work, spread over imitations of its tools."""
