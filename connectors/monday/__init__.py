"""monday.com: boards, items and subitems, people, updates, activity."""
