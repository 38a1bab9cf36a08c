"""Teamwork.com: projects, people, milestones, tasks, comments, time, status updates, boards."""
