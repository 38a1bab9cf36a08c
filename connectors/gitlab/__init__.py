"""GitLab: GitLab.com and self-managed, through REST v4 and GraphQL."""
