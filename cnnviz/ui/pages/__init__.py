"""One package a page, named like its URL; no page imports another."""
