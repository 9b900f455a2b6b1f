"""The history of one article as a reader wants to see it: what happened when, and what an edit changed. Pure."""
