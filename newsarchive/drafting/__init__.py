"""Drafts for people who add a site: a first site file, and golden cases, from a page that was saved or archived."""
