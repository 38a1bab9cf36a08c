"""Asana: workspaces, projects, sections, tasks, stories, time entries and status updates."""
