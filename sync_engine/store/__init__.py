"""The store: SQLModel tables on SQLite or PostgreSQL, written in bulk."""
