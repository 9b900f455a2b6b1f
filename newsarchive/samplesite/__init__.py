"""An invented news site in the real markup of tagesschau.de (eras E2b and E3), served on loopback.

``invent`` makes any number of articles from a seed, ``SampleSite`` publishes them, ``serve`` puts a site on the
network. Every word is invented; the markup, and nothing else, is the real thing. ``Story`` records are the
ground truth that an extraction of the served pages is compared with.
"""
