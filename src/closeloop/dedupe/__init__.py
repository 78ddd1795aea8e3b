"""The batch engine: who is who in a whole base at once, by Splink, with the bundle that real time uses."""
