"""Trello: boards, cards, checklists, comments and their history. The smallest connector."""
