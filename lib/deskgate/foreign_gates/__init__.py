"""The gate reports of another control plane, and which of their passes rest on nothing. It knows no check and no gate of ours."""
