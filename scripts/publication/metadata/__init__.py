"""The package described in the formats that others read: one module, and one pure function to text, for each format."""
