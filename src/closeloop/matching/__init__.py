"""Who is who: normal forms, block keys, weights with their evidence, bands and guarded clusters. No database."""
