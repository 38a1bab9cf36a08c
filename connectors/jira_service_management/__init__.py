"""Jira Service Management: requests, service levels and approvals of a Jira Cloud site."""
