"""Schedules between the store and their analysis: projects read as networks, results kept."""
