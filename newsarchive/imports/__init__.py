"""What others saved, taken into a collection: as truth in the WARC, then extracted like anything crawled."""
