"""The ethics committee: its composition, the interests declared, its sessions and opinions, and the gate that needs them."""
