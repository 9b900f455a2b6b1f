"""One site's data on disk: where it lies, how it is written so that nothing is lost, how it is found again."""
