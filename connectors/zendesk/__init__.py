"""Zendesk Support: groups, people, tickets, comments, history and service levels."""
