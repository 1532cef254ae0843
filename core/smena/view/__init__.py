"""A local, read-only look at a store: runs → tasks → trials → decisions → evidence."""
