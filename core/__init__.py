"""Everything that is true about the domain: facts, arithmetic, text work, queries, reports."""
