"""The audit: how dirty are these exports, what would a clean-up do, and what do the duplicates do to reports?"""
