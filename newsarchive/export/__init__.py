"""Articles for others: one selection language, one function a format, a data statement beside every export."""
