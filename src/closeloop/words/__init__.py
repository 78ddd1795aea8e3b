"""The vocabulary: normal forms, moments, working time, money, ids and errors. Imports nothing else of Closeloop."""
