"""The settings file: what may stand in it, what holds when an option or a variable says otherwise."""
