"""HubSpot: tasks, tickets, deals, projects and what hangs on them."""
