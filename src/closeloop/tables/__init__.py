"""Files of people as others export them: what a file is, its rows with their lines, and what its columns mean."""
