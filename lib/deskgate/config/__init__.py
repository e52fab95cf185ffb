"""What every other package stands on: desk.toml, paths of the installation, instants, digests and errors."""
