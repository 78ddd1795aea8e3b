"""Systems by declaration: a YAML file says which records a system has, how they are known, related, and deleted."""
