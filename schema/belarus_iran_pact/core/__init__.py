"""The machine under the data: what a column, a table and a package are, and the laws that they keep."""
