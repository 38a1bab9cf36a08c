"""Bitbucket Cloud: repositories, pull requests and issues."""
