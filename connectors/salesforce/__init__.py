"""Salesforce: tasks, cases, campaigns and what hangs on them."""
