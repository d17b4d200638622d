"""From article to tables: read -> anchor -> normalise -> check -> publish, one module for each step."""
