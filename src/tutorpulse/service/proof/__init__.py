"""What actions do: trials of playbooks, and the effects that they show."""
