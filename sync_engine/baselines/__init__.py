"""What was agreed, and when: plans of projects as they stood, and what sprints began with."""
