"""The control plane's dialect: event envelopes and the controller's CSV files."""
