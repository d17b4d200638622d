"""From one version to the next: what changed, which ids are retired, and the archives of a release."""
