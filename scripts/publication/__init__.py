"""From tables to what people read: the package's files, its metadata in several formats, and the explorer."""
