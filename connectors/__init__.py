"""Everything that knows a tool's name: one package per tool, and the kit they share."""
