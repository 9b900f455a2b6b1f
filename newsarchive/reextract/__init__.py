"""Extraction from what is stored: of what a killed crawl captured and did not come to read."""
