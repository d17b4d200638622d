"""The machinery under the data: what a column, a table and a package are, and the laws they obey."""
