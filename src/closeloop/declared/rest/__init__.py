"""REST by declaration: what a vendor's documentation says of its REST interface, written down once and followed."""
