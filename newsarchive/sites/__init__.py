"""One file per site: where its articles are listed, which addresses are articles, how its pages read."""
