"""Standards: their language, the facts they speak of, their assessment."""
