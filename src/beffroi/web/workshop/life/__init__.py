"""The life of a system in a territory: its states, the paths between them, and the gates that guard each entrance."""
