"""Redmine: projects, people, versions, issues with their history and relations, spent time."""
