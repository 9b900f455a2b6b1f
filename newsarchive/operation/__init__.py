"""Running crawls for years: schedule, units for timers, metrics, and how things stand."""
