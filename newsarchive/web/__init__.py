"""The reading room: web pages over the collections of an archive, which only ever read it.

Two origins, told apart by their ports. The reading room shows pages made by us; whatever was archived is shown by the
*stage* alone, which the room embeds. Each page is a module with ``ROUTES``, which ``app.py`` lists; it reads the
request, asks the collection, and renders a template.
"""
