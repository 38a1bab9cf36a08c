"""What admins may configure without a file. Every change is checked whole, written in one
transaction together with its line of the audit log, and taken by all processes by themselves."""
